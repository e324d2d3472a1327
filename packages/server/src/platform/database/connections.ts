import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import pg from 'pg';
import { isRefused, Unanswered, Unsent } from '../breaks.ts';
import type { PoolFigures } from '../figures.ts';
import { SilenceGuard, streamOf } from './silence.ts';
import { texts } from './texts.ts';
import type { DatabaseWatch } from './watch.ts';

/** Where the database is; `pooled` where a pooler stands before it. */
export type DatabaseConnection =
  | { readonly connectionString: string; readonly pooled?: boolean }
  | { readonly host: string; readonly database: string; readonly user: string; readonly password?: string | undefined };

/** What a pool is made of; times in milliseconds. */
export interface PoolOptions {
  readonly connection: DatabaseConnection;
  readonly size: number;
  /** How long a statement may take, and a transaction may stand idle. */
  readonly limit: number;
  readonly watch: DatabaseWatch;
  /**
   * Settings of its statements, beside their limit. Behind a pooler, which keeps none, each statement is a transaction with
   * its own: that is two round trips more, and for what may take its time alone.
   */
  readonly settings?: Settings;
  /** Whether the processes behind it step back for others of this machine, where they are on it. */
  readonly yields?: boolean;
  /** A connection broke that nobody used. */
  readonly onBroken: (error: Error) => void;
}

/** Settings of a server by their names. */
type Settings = Readonly<Record<string, number>>;

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

function isPooled(connection: DatabaseConnection): boolean {
  return 'pooled' in connection && connection.pooled === true;
}

function unnamed({ name: _name, ...rest }: pg.QueryConfig): pg.QueryConfig {
  return rest;
}

/** A client whose settings a pooler takes: those it keeps apart for each of its own clients. */
class PooledClient extends pg.Client {
  getStartupConf(): Record<string, string> {
    const { user, database } = this as unknown as { readonly user: string; readonly database: string };
    return { user, database, application_name: 'molva', TimeZone: 'UTC', DateStyle: 'ISO' };
  }
}

/** What connects: behind a pooler in its own way. */
export function clientOf(connection: DatabaseConnection): typeof pg.Client {
  return isPooled(connection) ? PooledClient : pg.Client;
}

/** How a session begins: in UTC, and with a limit for its statements where nobody stands between who would share it. */
export function sessionOf(connection: DatabaseConnection, limit: number, settings: Settings = {}): pg.ClientConfig {
  if (isPooled(connection)) return { ...connection };
  return {
    ...connection,
    statement_timeout: limit,
    idle_in_transaction_session_timeout: limit,
    // Compiling a statement takes longer than any of ours may run.
    options: [
      'TimeZone=UTC',
      'DateStyle=ISO',
      'jit=off',
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
    application_name: 'molva',
  };
}

/** A connection while it is one's own. */
export class Link {
  readonly #client: pg.PoolClient;
  readonly #keeps: boolean;
  readonly #watch: DatabaseWatch;
  readonly #preamble: string | undefined;
  #broken = false;

  /**
   * @param keeps whether statements keep their names on it
   * @param preamble what sets a transaction of its own up for each statement
   */
  constructor(client: pg.PoolClient, watch: DatabaseWatch, keeps: boolean, preamble: string | undefined) {
    this.#keeps = keeps;
    this.#preamble = preamble;
    this.#client = client;
    this.#watch = watch;
  }

  /** Whether it is of no more use. */
  get broken(): boolean {
    return this.#broken;
  }

  query<Row extends pg.QueryResultRow>(
    text: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    const asked = this.#keeps || typeof text === 'string' ? text : unnamed(text);
    const ask = (): Promise<pg.QueryResult<Row>> => this.#client.query<Row>(asked, values);
    return this.#watched(this.#setUp(ask));
  }

  /** Runs a statement whose rows are one text each; answers them. */
  texts(query: pg.QueryConfig, values: readonly unknown[]): Promise<string[]> {
    return this.#watched(this.#setUp(() => texts(this.#client, this.#keeps ? query : unnamed(query), values)));
  }

  #setUp<T>(ask: () => Promise<T>): Promise<T> {
    return this.#preamble === undefined ? ask() : this.#within(this.#preamble, ask);
  }

  async #within<T>(preamble: string, ask: () => Promise<T>): Promise<T> {
    try {
      await this.#client.query(preamble);
      const answer = await ask();
      await this.#client.query('commit');
      return answer;
    } catch (error) {
      if (isRefused(named(error))) await this.#client.query('rollback');
      throw error;
    }
  }

  #watched<T>(asking: Promise<T>): Promise<T> {
    return asking.then(
      (answer) => {
        this.#watch.answered();
        return answer;
      },
      (cause: unknown) => {
        const error = named(cause);
        this.#broken ||= !isRefused(error);
        this.#watch.failed(error);
        throw error;
      },
    );
  }

  /** Breaks it, whatever is asked over it. */
  cut(): void {
    this.#broken = true;
    streamOf(this.#client).destroy(new Unanswered('the database does not answer'));
  }

  /** Gives it back; one that broke is closed. */
  release(): void {
    this.#client.release(this.#broken);
  }
}

/** Lets the process behind a connection of the embedded database work when others need no processor. */
function stepBack(client: pg.PoolClient): void {
  try {
    setPriority(
      (client as unknown as { readonly processID: number }).processID,
      constants.priority.PRIORITY_BELOW_NORMAL,
    );
  } catch {
    // Where the system does not let us, it works as any other does.
  }
}

/**
 * Connections to the database, a few. No wait is without end: not for a connection, not for an answer, not for a
 * transaction to go on, and while the database is away nobody waits at all.
 */
export class Connections implements AsyncDisposable {
  readonly #pool: pg.Pool;
  readonly #watch: DatabaseWatch;
  readonly #pooled: boolean;
  readonly #preamble: string | undefined;
  readonly #guard: SilenceGuard;
  /** All there are, also those that are not made yet. */
  readonly #sockets = new Set<Socket>();
  #closing = false;

  constructor({ connection, size, limit, watch, settings, yields = false, onBroken }: PoolOptions) {
    this.#watch = watch;
    this.#pooled = isPooled(connection);
    const own = settings !== undefined && this.#pooled ? { statement_timeout: limit, ...settings } : undefined;
    this.#preamble =
      own && ['begin', ...Object.entries(own).map(([name, value]) => `set local ${name} = ${value}`)].join('; ');
    this.#pool = new pg.Pool({
      ...sessionOf(connection, limit, settings),
      Client: clientOf(connection),
      max: size,
      connectionTimeoutMillis: Math.min(limit, CONNECT_MS),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      stream: () => this.#socket(),
      types,
    });
    this.#pool.on('error', (error) => {
      // Connections that are being closed may still hear that the server goes down with them.
      if (this.#closing) return;
      watch.failed(named(error));
      onBroken(error);
    });
    // Whoever uses a connection that breaks hears of it by the statement.
    this.#pool.on('connect', (client) => {
      client.on('error', () => undefined);
      if (yields && 'host' in connection) stepBack(client);
    });
    this.#guard = new SilenceGuard(this.#pool, limit);
    watch.add(this);
  }

  /** A connection to be released; throws `Unanswered`, or what the server says where it refuses. */
  acquire(): Promise<Link> {
    if (this.#watch.isSilent) return Promise.reject(new Unanswered('the database does not answer'));
    return this.acquireAnyway();
  }

  /** The same while the database is away: for whoever looks whether it is back. */
  acquireAnyway(): Promise<Link> {
    if (this.#pool.waitingCount >= MOST_WAITING) {
      const words = 'too many wait for the database';
      return Promise.reject(this.#watch.isAway ? new Unanswered(words) : new Unsent(words, 'database-crowded'));
    }
    return this.#pool.connect().then(
      (client) => new Link(client, this.#watch, !this.#pooled, this.#preamble),
      (cause: unknown) => {
        const error = named(cause);
        if (!this.#closing) this.#watch.failed(error);
        throw error;
      },
    );
  }

  /** How many there are, and who waits for one. */
  get figures(): PoolFigures {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Breaks the connections that nobody uses. */
  cutIdle(): void {
    this.#guard.cutIdle();
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
    const socket = new Socket().on('error', () => undefined);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
