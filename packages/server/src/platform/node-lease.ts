import type { Elapsed, Timer } from './clock.ts';
import type { Database } from './database.ts';
import { faultLevel, type Log } from './log.ts';
import type { LeaseFigures } from './figures.ts';

/** Who a process is among those that run on one database. */
export interface NodeIdentity {
  /** Unique; a start under a name voids what an earlier process of that name held. */
  readonly name: string;
  /** Whether something proves that no other process uses the database: then all leases are void at the start. */
  readonly alone: boolean;
}

/** How often a lease is moved on, and how often that is tried while it fails or has failed. */
const RENEW_MS = 2_500;
const RETRY_MS = 1_000;
/** Who could not renew for so long stops claiming: well before the database lets others have what it holds. */
const TRUST_MS = 7_000;
/** What a lease lasts after it was moved on, by the database's clock. */
const LASTS = "interval '10 seconds'";

const take = {
  name: 'node_take',
  text: `with others as (delete from nodes where $2::boolean and name <> $1)
    insert into nodes (name, fence, until) values ($1, nextval('node_fences'), clock_timestamp() + ${LASTS})
    on conflict (name) do update set fence = excluded.fence, until = excluded.until returning fence`,
};
const renew = {
  name: 'node_renew',
  text: `update nodes set until = clock_timestamp() + ${LASTS} where fence = $1 returning fence`,
};
const successor = { name: 'node_successor', text: 'select fence from nodes where name = $1 and fence > $2' };
const leave = { name: 'node_leave', text: 'delete from nodes where fence = $1' };

/**
 * The lease of this process. What it holds names its fence; a fence that is no more holds nothing, and one whose time
 * is over holds nothing against those who take over.
 */
export class NodeLease implements AsyncDisposable {
  readonly #database: Database;
  readonly #time: Elapsed;
  readonly #log: Log;
  readonly #identity: NodeIdentity;
  #fence = 0;
  /** When the last renewal that succeeded was sent. */
  #renewedAt = 0;
  /** Renewals in a row, each in time. */
  #renewals = 0;
  #lapsed = false;
  #lapses = 0;
  #superseded = false;
  #timer: Timer | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #left = false;

  private constructor(database: Database, time: Elapsed, log: Log, identity: NodeIdentity) {
    this.#database = database;
    this.#time = time;
    this.#log = log;
    this.#identity = identity;
  }

  /** Takes the name's row with a new fence, and keeps it until disposed. */
  static async take(database: Database, time: Elapsed, log: Log, identity: NodeIdentity): Promise<NodeLease> {
    const lease = new NodeLease(database, time, log, identity);
    await lease.#take();
    lease.#renewIn(RENEW_MS);
    return lease;
  }

  /** The number of this start; it changes where the database has lost it. */
  get fence(): number {
    return this.#fence;
  }

  /** Whether this process may take what is free: not while nobody knows whether its lease still holds. */
  get mayClaim(): boolean {
    if (this.#left || this.#superseded) return false;
    if (this.#time.elapsed() - this.#renewedAt > TRUST_MS) this.#lapse();
    return !this.#lapsed;
  }

  /**
   * Whether it may take from nodes whose time is over. After the database was away everybody's is: who comes back first
   * leaves the others the time to renew, or each question under way would be asked twice.
   */
  get mayTakeOver(): boolean {
    return this.mayClaim && this.#renewals >= 2;
  }

  get figures(): LeaseFigures {
    return { held: this.mayClaim, lapses: this.#lapses };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#left = true;
    this.#timer?.cancel();
    await this.#renewing;
    // What cannot be said runs out by itself.
    await this.#database.query(leave, [this.#fence]).catch(() => undefined);
  }

  async #take(): Promise<void> {
    const at = this.#time.elapsed();
    const [row] = await this.#database.query<{ fence: number }>(take, [this.#identity.name, this.#identity.alone]);
    this.#fence = row?.fence ?? 0;
    this.#renewedAt = at;
  }

  #renewIn(milliseconds: number): void {
    this.#timer = this.#time.setTimeout(() => {
      this.#renewing = this.#renew().then((renewed) => {
        if (!this.#left && !this.#superseded) this.#renewIn(renewed && !this.#lapsed ? RENEW_MS : RETRY_MS);
      });
    }, milliseconds);
  }

  async #renew(): Promise<boolean> {
    const at = this.#time.elapsed();
    try {
      const [row] = await this.#database.query<{ fence: number }>(renew, [this.#fence]);
      if (row === undefined) return await this.#lost();
    } catch (error) {
      this.#log[faultLevel(error, 'warn')]({ error }, 'the lease of this process could not be renewed');
      return false;
    }
    if (at - this.#renewedAt > TRUST_MS) this.#lapse();
    this.#renewedAt = at;
    this.#renewals++;
    if (this.#lapsed && this.#renewals >= 2) {
      this.#lapsed = false;
      this.#log.info('the lease of this process is renewed: timers run again');
    }
    return true;
  }

  #lapse(): void {
    if (!this.#lapsed) {
      this.#lapses++;
      this.#log.warn('the lease of this process was not renewed in time: no timers until it is');
    }
    this.#lapsed = true;
    this.#renewals = 0;
  }

  /** The fence is gone: a later start has the name, or the database is one that never had the row. */
  async #lost(): Promise<boolean> {
    const { name } = this.#identity;
    if ((await this.#database.query(successor, [name, this.#fence])).length > 0) {
      this.#superseded = true;
      this.#log.error(
        { name },
        'another Molva of this name has started on the database: this one runs no timers any more',
      );
      return false;
    }
    await this.#take();
    this.#renewals = 0;
    return true;
  }
}
