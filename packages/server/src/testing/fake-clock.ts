import type { Clock, Elapsed, Timer } from '../platform/clock.ts';

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock, Elapsed {
  #now: number;
  /** What the calendar is off the time that passed. */
  #leapt = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#leapt;
  }

  elapsed(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    const timer = { at: this.#now + milliseconds, callback };
    this.#waiting.add(timer);
    return { cancel: () => void this.#waiting.delete(timer) };
  }

  /** Sets the calendar to another time, in which nothing passes. */
  leap(milliseconds: number): void {
    this.#leapt += milliseconds;
  }

  /** Moves on, and fires in order what has come due. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}
