import { subscriberOf } from '../platform/address.ts';
import type { Elapsed } from '../platform/clock.ts';

const WINDOW_MS = 1_000;
/** Refusals of an address in a second that are said at once; a page that asks too much has fewer. */
const AT_ONCE = 20;
/** How long the others wait to be said. */
const WAIT_MS = 500;
/** Refusals that wait; beyond them all are said at once. */
const MOST_WAITING = 2_000;

/**
 * Says to whoever goes on asking after he was refused that he was, later: a refusal costs nearly what an answer costs, and
 * who asks again as soon as he has it would have as many as there is time for.
 */
export class SlowRefusals {
  readonly #time: Elapsed;
  readonly #counts = new Map<string, number>();
  #window = 0;
  #waiting = 0;

  constructor(time: Elapsed) {
    this.#time = time;
  }

  /** Resolves when a refusal may be said to an address; undefined where that is now. */
  wait(address: string): Promise<void> | undefined {
    const window = Math.floor(this.#time.elapsed() / WINDOW_MS);
    if (window !== this.#window) this.#counts.clear();
    this.#window = window;
    const subscriber = subscriberOf(address);
    const count = (this.#counts.get(subscriber) ?? 0) + 1;
    this.#counts.set(subscriber, count);
    if (count <= AT_ONCE || this.#waiting >= MOST_WAITING) return undefined;
    this.#waiting += 1;
    return new Promise((resolve) => {
      this.#time.setTimeout(() => {
        this.#waiting -= 1;
        resolve();
      }, WAIT_MS);
    });
  }
}
