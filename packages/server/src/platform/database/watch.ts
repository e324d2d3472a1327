import { databaseError, isAway, Unanswered } from '../breaks.ts';
import { systemClock, type Elapsed, type Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Connections } from './connections.ts';

/** How long somebody who looks whether the database is there waits for its word. */
const PROBE_MS = 1_500;
/** How many of them in a row hear nothing where it is away: a disk that is slow for a moment is none. */
const SILENT_PROBES = 2;
/** How long nothing is said of what the database refuses, after a line about it. */
const QUIET_MS = 60_000;
/** How often that is looked for while it is away. */
const AGAIN_MS = 1_000;

/**
 * Knows whether the database is there, for all the pools of a process. A failure alone does not say it: the database is
 * asked, and it is away where neither that nor anything else is answered meanwhile. Then all that is asked fails at once,
 * until it answers again. One line in the log says each.
 */
export class DatabaseWatch {
  readonly #log: Log;
  readonly #time: Elapsed;
  readonly #pools: Connections[] = [];
  #answers = 0;
  #outages = 0;
  /** Probes in a row that heard nothing. */
  #silent = 0;
  /** When it went away. */
  #since: number | undefined;
  #quietUntil = 0;
  #probing: Promise<boolean> | undefined;
  #again: Timer | undefined;

  constructor(log: Log, time: Elapsed = systemClock) {
    this.#log = log;
    this.#time = time;
  }

  /** Whether nothing is asked, as nobody answers. */
  get isAway(): boolean {
    return this.#since !== undefined;
  }

  /** How often it went away. */
  get outages(): number {
    return this.#outages;
  }

  /** Takes a pool; the first is the one that is asked over. */
  add(pool: Connections): void {
    this.#pools.push(pool);
  }

  /** Lets a pool go that is closed. */
  remove(pool: Connections): void {
    this.#pools.splice(this.#pools.indexOf(pool), 1);
    if (this.#pools.length === 0) this.#again?.cancel();
  }

  /** A statement was answered. */
  answered(): void {
    this.#answers++;
    if (this.#since === undefined) return;
    const seconds = Math.round((this.#time.elapsed() - this.#since) / 1000);
    this.#since = undefined;
    this.#again?.cancel();
    this.#log.warn({ seconds }, 'the database answers again');
  }

  /** A statement failed, or a connection. */
  failed(error: unknown): void {
    if (!isAway(error) || this.isAway) return;
    if (databaseError(error) !== undefined) this.#refused(error);
    void this.check();
  }

  /** It says no for a reason of its own, such as a full disk: said once in a while, not for each call. */
  #refused(error: unknown): void {
    const now = this.#time.elapsed();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + QUIET_MS;
    this.#log.error({ error }, 'the database refuses what is asked of it: calls are answered 503');
  }

  /** Asks the database; answers, in a moment, whether it can be had. */
  check(): Promise<boolean> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async #probe(): Promise<boolean> {
    const before = this.#answers;
    try {
      await this.#ask();
      this.#silent = 0;
      return true;
    } catch (error) {
      // Where others are answered it is there, if crowded: whoever waits may still have its turn.
      if (this.#answers !== before) {
        this.#silent = 0;
        return error instanceof Late;
      }
      const late = error instanceof Late;
      if (late && !this.isAway && ++this.#silent < SILENT_PROBES) this.#checkIn(0);
      else this.#gone(error);
      return false;
    }
  }

  async #ask(): Promise<void> {
    const [pool] = this.#pools;
    if (pool === undefined) return;
    const late = Promise.withResolvers<never>();
    const timer = this.#time.setTimeout(() => late.reject(new Late('it does not answer')), PROBE_MS);
    const asking = pool.acquireAnyway().then(async (link) => {
      await link.query('select 1').finally(() => link.release());
    });
    asking.catch(() => undefined);
    await Promise.race([asking, late.promise]).finally(() => timer.cancel());
  }

  #gone(error: unknown): void {
    if (this.#pools.length === 0) return;
    if (this.#since === undefined) {
      this.#since = this.#time.elapsed();
      this.#outages++;
      this.#log.error({ error }, 'the database does not answer: calls are refused until it does');
    }
    // What is under way would wait for its own limit.
    for (const pool of this.#pools) pool.cut();
    this.#checkIn(AGAIN_MS);
  }

  #checkIn(milliseconds: number): void {
    this.#again?.cancel();
    this.#again = this.#time.setTimeout(() => void this.check(), milliseconds);
  }
}

/** Nothing was said in time. */
class Late extends Unanswered {}
