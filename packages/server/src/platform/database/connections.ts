import { Socket } from 'node:net';
import pg from 'pg';
import { isRefused, Unanswered } from '../breaks.ts';
import { SilenceGuard } from './silence.ts';
import type { DatabaseWatch } from './watch.ts';

/** Where the database is. */
export type DatabaseConnection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly database: string; readonly user: string };

/** What a pool is made of; times in milliseconds. */
export interface PoolOptions {
  readonly connection: DatabaseConnection;
  readonly size: number;
  /** How long a statement may take, and a transaction may stand idle. */
  readonly limit: number;
  readonly watch: DatabaseWatch;
  /** Settings of its sessions, as the command line of a server takes them. */
  readonly settings?: string;
  /** A connection broke that nobody used. */
  readonly onBroken: (error: Error) => void;
}

/** How long is waited for a connection. */
const CONNECT_MS = 5_000;
/** Statements that wait for a connection; a crowd is refused at once. */
const MOST_WAITING = 2_000;
/** How long the other side has to close what is no longer used. */
const GOODBYE_MS = 2_000;
const KEEP_ALIVE_MS = 10_000;

const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Instants come as milliseconds of the epoch and counts as numbers: both are exact below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === TIMESTAMPTZ) return parseInstant;
    if (oid === INT8) return Number;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** `2026-01-28 12:00:00.123+00` to milliseconds; the connection speaks UTC, so the offset is always `+00`. */
function parseInstant(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

/** A failure of the connection under its name; what the server said, and what was wrong here, stays what it is. */
function named(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof Unanswered) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  return new Unanswered(`the database does not answer: ${(error as Error).message}`, error);
}

/** A connection while it is one's own. */
export class Link {
  readonly #client: pg.PoolClient;
  readonly #watch: DatabaseWatch;
  #broken = false;

  constructor(client: pg.PoolClient, watch: DatabaseWatch) {
    this.#client = client;
    this.#watch = watch;
  }

  /** Whether it is of no more use. */
  get broken(): boolean {
    return this.#broken;
  }

  async query<Row extends pg.QueryResultRow>(
    text: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      const result = await this.#client.query<Row>(text, values);
      this.#watch.answered();
      return result;
    } catch (cause) {
      const error = named(cause);
      this.#broken ||= !isRefused(error);
      this.#watch.failed(error);
      throw error;
    }
  }

  /** Gives it back; one that broke is closed. */
  release(): void {
    this.#client.release(this.#broken);
  }
}

/**
 * Connections to the database, a few. No wait is without end: not for a connection, not for an answer, not for a
 * transaction to go on, and while the database is away nobody waits at all.
 */
export class Connections implements AsyncDisposable {
  readonly #pool: pg.Pool;
  readonly #watch: DatabaseWatch;
  readonly #guard: SilenceGuard;
  /** All there are, also those that are not made yet. */
  readonly #sockets = new Set<Socket>();
  #closing = false;

  constructor({ connection, size, limit, watch, settings = '', onBroken }: PoolOptions) {
    this.#watch = watch;
    this.#pool = new pg.Pool({
      ...connection,
      max: size,
      connectionTimeoutMillis: Math.min(limit, CONNECT_MS),
      statement_timeout: limit,
      idle_in_transaction_session_timeout: limit,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      stream: () => this.#socket(),
      types,
      // Compiling a statement takes longer than any of ours may run.
      options: `-c TimeZone=UTC -c DateStyle=ISO -c jit=off ${settings}`,
      application_name: 'molva',
    });
    this.#pool.on('error', (error) => {
      // Connections that are being closed may still hear that the server goes down with them.
      if (this.#closing) return;
      watch.failed(named(error));
      onBroken(error);
    });
    // Whoever uses a connection that breaks hears of it by the statement.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#guard = new SilenceGuard(this.#pool, limit);
    watch.add(this);
  }

  /** A connection to be released; throws `Unanswered`, or what the server says where it refuses. */
  async acquire(): Promise<Link> {
    if (this.#watch.isAway) throw new Unanswered('the database does not answer');
    return this.acquireAnyway();
  }

  /** The same while the database is away: for whoever looks whether it is back. */
  async acquireAnyway(): Promise<Link> {
    if (this.#pool.waitingCount >= MOST_WAITING) throw new Unanswered('too many wait for the database');
    try {
      return new Link(await this.#pool.connect(), this.#watch);
    } catch (cause) {
      const error = named(cause);
      if (!this.#closing) this.#watch.failed(error);
      throw error;
    }
  }

  /** Breaks all connections: what is asked over them fails at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy(new Unanswered('the database does not answer'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#watch.remove(this);
    const cutting = setTimeout(() => this.cut(), GOODBYE_MS);
    await this.#pool.end();
    clearTimeout(cutting);
    this.#guard[Symbol.dispose]();
  }

  #socket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
