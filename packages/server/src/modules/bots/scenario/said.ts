import { folded } from '../../../platform/folded.ts';
import type { Meter } from './budget.ts';

/** A text as words compare: as one is searched for, and without the spaces around it. */
export function plain(text: string): string {
  return folded(text).trim();
}

/** What a client said, as the branches of a question look at it: prepared once for all of them. */
export class Said {
  readonly meter: Meter;
  readonly #text: string;
  #plain: string | undefined;
  #runes: Int32Array | undefined;

  constructor(text: string, meter: Meter) {
    this.#text = text;
    this.meter = meter;
  }

  /** As words compare. */
  get plain(): string {
    this.meter.spend(this.#plain === undefined ? this.#text.length : 0);
    return (this.#plain ??= plain(this.#text));
  }

  /** As patterns read it: its code points, without the spaces around them. */
  get runes(): Int32Array {
    this.meter.spend(this.#runes === undefined ? this.#text.length : 0);
    return (this.#runes ??= Int32Array.from(this.#text.trim(), (character) => character.codePointAt(0) ?? 0));
  }
}
