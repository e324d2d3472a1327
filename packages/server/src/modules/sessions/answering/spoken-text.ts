import { cut } from '../../../platform/text.ts';
import type { SpokenPart } from '../state/bot-port.ts';

/** More of a message than this is not shown in parts; it comes whole. */
const MOST_CHARACTERS = 65_536;

/** What a bot has said of a message and nobody has been shown: one part, whatever pieces it came in. */
export class SpokenText {
  #at = 0;
  #text = '';

  /** Whether there is anything to show. */
  get empty(): boolean {
    return this.#shown === 0;
  }

  /** Joins a piece on. One that begins earlier says anew what follows; one that would leave a hole is left out. */
  add({ at, text }: SpokenPart): void {
    const end = this.#at + this.#text.length;
    if (!Number.isInteger(at) || at < 0 || at > end) return;
    const kept = this.#text.slice(0, Math.max(0, at - this.#at));
    this.#at = Math.min(this.#at, at);
    this.#text = cut(kept + text, Math.max(0, MOST_CHARACTERS - this.#at));
  }

  /** How much of it can be shown: half of a character comes with its other half. */
  get #shown(): number {
    return this.#text.length - (/[\ud800-\udbff]$/.test(this.#text) ? 1 : 0);
  }

  /** What is to be shown now; what is said next follows it. */
  take(): SpokenPart {
    const shown = this.#shown;
    const part = { at: this.#at, text: this.#text.slice(0, shown) };
    this.#at += shown;
    this.#text = this.#text.slice(shown);
    return part;
  }
}
