import { databaseError, isAway, Unanswered } from '../breaks.ts';
import { systemClock, type Elapsed, type Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Connections } from './connections.ts';

/** How long somebody who looks whether the database is there waits for its word. */
const PROBE_MS = 1_500;
/** How many of them in a row fail where it is away: a disk that is slow for a moment, or a broken connection, is none. */
const FAILED_PROBES = 2;
/** How soon a second one follows the first. */
const SECOND_MS = 50;
/** How long nothing is said of what the database refuses, after a line about it. */
const QUIET_MS = 60_000;
/** How often that is looked for while it is away. */
const AGAIN_MS = 1_000;

/**
 * Knows whether the database is there, for all the pools of a process. A failure alone does not say it: the database is
 * asked, and it is away where neither that nor anything else is answered meanwhile. Where it is silent, all
 * that is asked then fails at once until it answers again. One line in the log says each.
 */
export class DatabaseWatch {
  readonly #log: Log;
  readonly #time: Elapsed;
  readonly #pools: Connections[] = [];
  #answers = 0;
  #outages = 0;
  /** Probes in a row that failed, and whether the last of them heard nothing. */
  #failures = 0;
  #silent = false;
  /** When it went away. */
  #since: number | undefined;
  #quietUntil = 0;
  #probing: Promise<boolean> | undefined;
  #again: Timer | undefined;

  constructor(log: Log, time: Elapsed = systemClock) {
    this.#log = log;
    this.#time = time;
  }

  /** Whether nobody answers: whoever asks all the same would wait for nothing. */
  get isSilent(): boolean {
    return this.isAway && this.#silent;
  }

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
    this.#failures = 0;
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
      this.#failures = 0;
      return true;
    } catch (error) {
      // Where others are answered it is there, if crowded: whoever waits may still have its turn.
      if (this.#answers !== before) {
        this.#failures = 0;
        return error instanceof Late;
      }
      this.#silent = error instanceof Late;
      if (++this.#failures >= FAILED_PROBES) this.#gone(error);
      else this.#checkIn(SECOND_MS);
      return false;
    }
  }

  async #ask(): Promise<void> {
    const [pool] = this.#pools;
    if (pool === undefined) return;
    const late = Promise.withResolvers<never>();
    const timer = this.#time.setTimeout(() => late.reject(new Late('it does not answer')), PROBE_MS);
    const acquiring = pool.acquireAnyway();
    const asking = acquiring.then(async (link) => {
      await link.query('select 1').finally(() => link.release());
    });
    asking.catch(() => undefined);
    try {
      await Promise.race([asking, late.promise]);
    } catch (error) {
      // A connection may be dead whose other end is well: the next probe goes over a new one.
      if (error instanceof Late) {
        for (const each of this.#pools) each.cutIdle();
        void acquiring.then(
          (link) => link.cut(),
          () => undefined,
        );
      }
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #gone(error: unknown): void {
    if (this.#pools.length === 0) return;
    if (this.#since === undefined) {
      this.#since = this.#time.elapsed();
      this.#outages++;
      this.#log.error({ error }, 'the database does not answer: calls are refused until it does');
    }
    // What is under way would wait for its own limit.
    if (this.#silent) for (const pool of this.#pools) pool.cut();
    this.#checkIn(AGAIN_MS);
  }

  #checkIn(milliseconds: number): void {
    this.#again?.cancel();
    this.#again = this.#time.setTimeout(() => void this.check(), milliseconds);
  }
}

/** Nothing was said in time. */
class Late extends Unanswered {}
