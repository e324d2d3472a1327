import type { Elapsed } from '../../platform/clock.ts';

/** A bot is slow whose turns take longer, in the mean of the last ones: a single one may have met a collection of garbage. */
const SLOW_MS = 2;
/** What the last turn counts in the mean. */
const LAST = 0.2;
/** A mean that is as good as none. */
const NO_MS = 0.1;
/** What everybody else has behind a turn of a slow bot: so many times what it took. */
const REST = 3;
/** Turns of slow bots that wait. */
const MOST_WAITING = 128;

/** Too many turns of slow bots wait already. */
export class LaneFull extends Error {}

/**
 * Where bots that cost much have their turns: one at a time, with a rest behind each that is longer than the turn. Who
 * wrote them waits behind himself, and nobody else does: a bot that needs a moment never comes here. Bots take turns.
 */
export class SlowLane {
  readonly #time: Elapsed;
  /** What a turn of a bot takes, in milliseconds. */
  readonly #means = new Map<string, number>();
  /** Who waits, by bot; the bot that had a turn last is the last. */
  readonly #lines = new Map<string, (() => void)[]>();
  #waiting = 0;
  #taken = false;

  constructor(time: Elapsed) {
    this.#time = time;
  }

  /** Does the turn of a bot, at once or when the lane is free for it; throws `LaneFull` where too many wait for that. */
  async turn<T>(bot: string, work: () => T): Promise<T> {
    if ((this.#means.get(bot) ?? 0) < SLOW_MS) return this.#timed(bot, work);
    await this.#place(bot);
    const began = this.#time.elapsed();
    try {
      return this.#timed(bot, work);
    } finally {
      this.#time.setTimeout(() => this.#next(), (this.#time.elapsed() - began) * REST);
    }
  }

  #timed<T>(bot: string, work: () => T): T {
    const began = this.#time.elapsed();
    try {
      return work();
    } finally {
      const mean = (this.#means.get(bot) ?? 0) * (1 - LAST) + (this.#time.elapsed() - began) * LAST;
      if (mean < NO_MS) this.#means.delete(bot);
      else this.#means.set(bot, mean);
    }
  }

  #place(bot: string): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve();
    }
    if (this.#waiting >= MOST_WAITING) throw new LaneFull();
    this.#waiting += 1;
    return new Promise((resolve) => {
      const line = this.#lines.get(bot) ?? [];
      this.#lines.set(bot, line);
      line.push(resolve);
    });
  }

  #next(): void {
    const [first] = this.#lines;
    if (first === undefined) {
      this.#taken = false;
      return;
    }
    const [bot, line] = first;
    this.#lines.delete(bot);
    const enter = line.shift();
    if (line.length > 0) this.#lines.set(bot, line);
    this.#waiting -= 1;
    enter?.();
  }
}
