import type { Clock } from './clock.ts';
import { tooManyRequests } from './failure.ts';

const WINDOW_MS = 60_000;
/** Callers of one minute that are told apart; what is counted beyond them begins anew. */
const MOST_CALLERS = 100_000;

/** Counts by key within the current minute. */
export class RateCounter {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #window = 0;

  /** @param limit what a key may have in a minute; 0 sets no limit. */
  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts some, by default one; answers the window they count in. Throws `too-many-requests` where they go beyond the limit. */
  take(key: string, some = 1): number {
    const seconds = this.tries(key, some);
    if (seconds > 0) throw tooManyRequests(seconds);
    return this.#window;
  }

  /**
   * Counts some; answers how many seconds to wait where they go beyond the limit, and are not counted then.
   * @param most what this key may have, where that is less than the limit
   */
  tries(key: string, some: number, most = this.#limit): number {
    const now = this.#clock.now();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window || this.#counts.size >= MOST_CALLERS) {
      this.#counts.clear();
      this.#window = window;
    }
    if (this.#limit === 0) return 0;
    const count = (this.#counts.get(key) ?? 0) + some;
    if (count > most) return Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - now) / 1000));
    this.#counts.set(key, count);
    return 0;
  }

  /** Takes one back that turned out not to count. */
  giveBack(key: string, window: number): void {
    const count = this.#counts.get(key) ?? 0;
    if (window === this.#window && count > 0) this.#counts.set(key, count - 1);
  }
}
