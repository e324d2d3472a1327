import type { Clock, Timer } from './environment.ts';

/** How long a sign of typing holds without another one. */
const TYPING_MS = 5_000;

/** Who is typing on the other side: shown by each sign, hidden by a message or by silence. */
export class TypingSign {
  readonly #clock: Clock;
  readonly #changed: (author: 'BOT' | 'OPERATOR' | null) => void;
  #author: 'BOT' | 'OPERATOR' | null = null;
  #timer: Timer | undefined;

  constructor(clock: Clock, changed: (author: 'BOT' | 'OPERATOR' | null) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  show(author: 'BOT' | 'OPERATOR'): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimeout(() => this.hide(), TYPING_MS);
    this.#set(author);
  }

  hide(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#set(null);
  }

  #set(author: 'BOT' | 'OPERATOR' | null): void {
    if (author === this.#author) return;
    this.#author = author;
    this.#changed(author);
  }
}
