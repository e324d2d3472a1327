import type { Clock, Timer } from './clock.ts';
import type { Database, Prepared } from './database.ts';
import type { Log } from './log.ts';
import { isoInstant } from './instant.ts';

/** Does what is due for a key; answers when to come again (epoch milliseconds), or null when there is nothing more. */
export type DueHandler = (key: string) => Promise<number | null>;

/** How long a run may take before another node takes it over. */
const LEASE_MS = 60_000;
/** How often rows that this node was not told of are looked for. */
const SWEEP_MS = 1_000;
const BATCH = 64;

const claim: Prepared = {
  name: 'due_claim',
  text: `update due set leased_until = $2::timestamptz, attempts = attempts + 1
    where (kind, key) in (select kind, key from due where due_at <= $1::timestamptz
      and (leased_until is null or leased_until <= $1::timestamptz) order by due_at limit ${BATCH} for update skip locked)
    returning kind, key, generation, attempts`,
};
const settle: Prepared = {
  name: 'due_settle',
  text: `update due set attempts = 0, leased_until = null,
      due_at = case when generation = $3 then $4::timestamptz else $5::timestamptz end
    where kind = $1 and key = $2`,
};
const finish: Prepared = {
  name: 'due_finish',
  text: `with done as (delete from due where kind = $1 and key = $2 and generation = $3 returning 1)
    update due set attempts = 0, leased_until = null, due_at = $4::timestamptz
    where kind = $1 and key = $2 and not exists (select 1 from done)`,
};
const upsert: Prepared = {
  name: 'due_upsert',
  text: `insert into due (kind, key, due_at) values ($1, $2, $3::timestamptz) ${dueConflict()}`,
};

/** What a second wish for the same key does: the earlier instant wins, and the change is counted. A lease stays. */
export function dueConflict(): string {
  return 'on conflict (kind, key) do update set due_at = least(due.due_at, excluded.due_at), generation = due.generation + 1';
}

interface Claimed {
  kind: string;
  key: string;
  generation: number;
  attempts: number;
}

/**
 * Timers as rows. Any node picks up what is due, and a key is run by one at a time; a node that dies in the middle
 * loses its lease and another goes on, so handlers look at the state of things first and may run twice.
 */
export class DueRunner implements AsyncDisposable {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #handlers = new Map<string, DueHandler>();
  readonly #running = new Set<Promise<void>>();
  #wakeAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #sweeping = false;
  #sweepAgain = false;
  #stopped = true;

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** Names who does the work of a kind. */
  handle(kind: string, handler: DueHandler): void {
    this.#handlers.set(kind, handler);
  }

  /** Begins to pick up rows. */
  start(): void {
    this.#stopped = false;
    this.#schedule(this.#clock.now());
  }

  /** Wishes for a run; an earlier wish for the same key stays. */
  async at(kind: string, key: string, due: number): Promise<void> {
    await this.#database.query(upsert, [kind, key, new Date(due).toISOString()]);
    this.hint(due);
  }

  /** Says that a row with this instant was written by somebody else's statement. */
  hint(due: number): void {
    this.#schedule(due);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    // What was claimed meanwhile is run while there is a database to write to.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #schedule(at: number): void {
    if (this.#stopped || at >= this.#wakeAt) return;
    this.#wakeAt = at;
    this.#timer?.cancel();
    // A timer may fire a millisecond before the clock says so: what is due then would wait for the next sweep.
    this.#timer = this.#clock.setTimeout(() => this.#track(this.#sweep()), Math.max(0, at - this.#clock.now() + 1));
  }

  async #sweep(): Promise<void> {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (this.#stopped) return;
    if (this.#sweeping) {
      this.#sweepAgain = true;
      return;
    }
    this.#sweeping = true;
    try {
      const now = this.#clock.now();
      const rows = await this.#database.query<Claimed & Record<string, unknown>>(claim, [
        isoInstant(now),
        isoInstant(now + LEASE_MS),
      ]);
      for (const row of rows) this.#track(this.#run(row));
      if (rows.length === BATCH) this.#schedule(now);
    } catch (error) {
      this.#log.error({ error }, 'timers cannot be read');
    } finally {
      this.#sweeping = false;
      this.#schedule(this.#clock.now() + (this.#sweepAgain ? 0 : SWEEP_MS));
      this.#sweepAgain = false;
    }
  }

  #track(run: Promise<void>): void {
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  async #run(row: Claimed): Promise<void> {
    try {
      const next = (await this.#handlers.get(row.kind)?.(row.key)) ?? null;
      const now = this.#clock.now();
      if (next === null) await this.#database.query(finish, [row.kind, row.key, row.generation, isoInstant(now)]);
      else await this.#database.query(settle, [row.kind, row.key, row.generation, isoInstant(next), isoInstant(now)]);
      this.#schedule(next ?? now);
    } catch (error) {
      const wait = Math.min(60_000, 500 * 2 ** row.attempts);
      this.#log.error({ error, kind: row.kind, attempts: row.attempts, wait }, 'a timer failed and is tried again');
      await this.#retryAt(row, this.#clock.now() + wait);
    }
  }

  async #retryAt(row: Claimed, at: number): Promise<void> {
    const text = 'update due set due_at = $3::timestamptz, leased_until = null where kind = $1 and key = $2';
    await this.#database.query({ name: 'due_retry', text }, [row.kind, row.key, isoInstant(at)]).catch(() => undefined);
    this.#schedule(at);
  }
}
