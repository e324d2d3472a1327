import type { Elapsed } from '../../platform/clock.ts';
import { noRoom } from '../../platform/failure.ts';

/** A bot is slow whose turns take longer, in the mean of the last ones: a single one may have met a collection of garbage. */
const SLOW_MS = 2;
/** What the last turn counts in the mean. */
const LAST = 0.2;
/** What everybody else has behind a turn of a slow bot: so many times what it took. */
const REST = 3;
/** Turns of one slow bot that wait, and how long. */
const MOST_WAITING = 32;
const LONGEST_WAIT_MS = 5_000;

/** What the lane knows of a bot. */
export interface LaneSeat {
  /** What a turn of it takes, in milliseconds. */
  mean: number;
  readonly waiting: Set<() => void>;
}

/**
 * Where bots that cost much have their turns: one at a time, with a rest behind each that is longer than the turn. Who
 * wrote them waits behind himself, and nobody else does: a bot that needs a moment never comes here. Bots take turns.
 */
export class SlowLane {
  readonly #time: Elapsed;
  /** Bots that wait; the one that had a turn last is the last. */
  readonly #seats = new Set<LaneSeat>();
  #taken = false;

  constructor(time: Elapsed) {
    this.#time = time;
  }

  /** A seat for a bot. */
  seat(): LaneSeat {
    return { mean: 0, waiting: new Set() };
  }

  /**
   * Does the turn of a bot, at once or when the lane is free for it. Throws `no-room` where too many of it wait for that,
   * or for too long: nothing is done then, and the same may be tried again.
   */
  async turn<T>(seat: LaneSeat, work: () => T): Promise<T> {
    if (seat.mean < SLOW_MS) return this.#timed(seat, work);
    await this.#place(seat);
    const began = this.#time.elapsed();
    try {
      return this.#timed(seat, work);
    } finally {
      this.#time.setTimeout(() => this.#next(), (this.#time.elapsed() - began) * REST);
    }
  }

  #timed<T>(seat: LaneSeat, work: () => T): T {
    const began = this.#time.elapsed();
    try {
      return work();
    } finally {
      seat.mean = seat.mean * (1 - LAST) + (this.#time.elapsed() - began) * LAST;
    }
  }

  #place(seat: LaneSeat): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve();
    }
    if (seat.waiting.size >= MOST_WAITING) return Promise.reject(noRoom());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel();
        seat.waiting.delete(enter);
        if (seat.waiting.size === 0) this.#seats.delete(seat);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const timer = this.#time.setTimeout(() => {
        leave();
        reject(noRoom());
      }, LONGEST_WAIT_MS);
      seat.waiting.add(enter);
      this.#seats.add(seat);
    });
  }

  #next(): void {
    const [seat] = this.#seats;
    if (seat === undefined) {
      this.#taken = false;
      return;
    }
    this.#seats.delete(seat);
    if (seat.waiting.size > 1) this.#seats.add(seat);
    const [enter] = seat.waiting;
    enter?.();
  }
}
