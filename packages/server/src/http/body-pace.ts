import { subscriberOf } from '../platform/address.ts';
import type { Elapsed } from '../platform/clock.ts';
import { tooManyRequests } from '../platform/failure.ts';

/** What is longer costs its reading by the byte; the limits of calls are for what is shorter. */
const LONG_BYTES = 8 * 1024;
/** Bytes of long bodies that an address has read a second, and those it has read at once. */
const BYTES_A_SECOND = 64 * 1024;
const AT_ONCE_BYTES = 256 * 1024;
/** A body whose turn is later than this is refused. */
const LONGEST_WAIT_MS = 3_000;
/** Addresses that are told apart; beyond them all begin anew. */
const MOST_ADDRESSES = 10_000;

/**
 * Has the long bodies of one address parsed and checked at a pace: what would take all of a second in one go waits behind
 * itself, and nobody else does. A few are read as they come.
 */
export class BodyPace {
  readonly #time: Elapsed;
  /** When all that an address has sent is paid for. */
  readonly #paidAt = new Map<string, number>();

  constructor(time: Elapsed) {
    this.#time = time;
  }

  /** Resolves when a body that came in whole may be read; undefined where that is now. Throws `too-many-requests`. */
  take(address: string, bytes: number): Promise<void> | undefined {
    if (bytes <= LONG_BYTES) return undefined;
    const subscriber = subscriberOf(address);
    const now = this.#time.elapsed();
    const paidAt = Math.max(now, this.#paidAt.get(subscriber) ?? 0);
    const wait = paidAt - now - (AT_ONCE_BYTES / BYTES_A_SECOND) * 1000;
    if (wait > LONGEST_WAIT_MS) throw tooManyRequests(Math.ceil(wait / 1000));
    if (this.#paidAt.size >= MOST_ADDRESSES) this.#paidAt.clear();
    this.#paidAt.set(subscriber, paidAt + (bytes / BYTES_A_SECOND) * 1000);
    if (wait <= 0) return undefined;
    return new Promise((resolve) => {
      this.#time.setTimeout(resolve, wait);
    });
  }
}
