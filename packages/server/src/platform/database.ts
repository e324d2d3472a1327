import { createHash } from 'node:crypto';
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely';
import type pg from 'pg';
import { Breaks } from './breaks.ts';
import { Connections, type DatabaseConnection, type Link } from './database/connections.ts';
import { DatabaseWatch } from './database/watch.ts';
import type { PoolFigures } from './figures.ts';
import { openLog } from './log.ts';
import type { Tables } from './tables.ts';

export type { DatabaseConnection } from './database/connections.ts';
export { databaseError } from './breaks.ts';
export { findPooler } from './database/pooler.ts';
export { DatabaseWatch } from './database/watch.ts';

/** A statement that PostgreSQL parses once a connection: the name identifies the text. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** A statement named by all that it says: no two texts share a name. PostgreSQL cuts names after 63 bytes. */
export function prepared(label: string, text: string): Prepared {
  return { name: `${label}_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`, text };
}

/** A statement that may have no name: one that is not worth keeping. */
export type Statement = Prepared | { readonly name?: never; readonly text: string };

/** Anything that runs statements: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** Runs a hot statement, whose rows are one text each and whose values are plain; answers the texts. */
  texts(statement: Statement, values: readonly unknown[]): Promise<string[]>;
}

/** Runs statements within a transaction of the typed builder. */
export function within(transaction: Transaction<Tables>): Pick<Queryable, 'query'> {
  return {
    async query<Row extends pg.QueryResultRow>({ text }: Statement, values: readonly unknown[]) {
      return (await transaction.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
    },
  };
}

/** The database: hot statements as named prepared SQL, everything else through the typed builder. */
export interface Database extends Queryable, AsyncDisposable {
  readonly builder: Kysely<Tables>;
  /** The same over connections of their own, for what may take its time: what is interactive never waits for it. */
  readonly lists: Queryable & { readonly builder: Kysely<Tables> };
  /** The connections of all its pools. */
  readonly pools: readonly PoolFigures[];
  /** Calls when statements are answered again after a connection broke; dispose to end it. */
  afterBreak(listener: () => void): Disposable;
  /** Runs the work in one transaction on one connection; a throw rolls back. */
  transaction<T>(work: (connection: Queryable & { client: Link }) => Promise<T>): Promise<T>;
}

/** The PostgreSQL condition of a row that is there already. */
export const UNIQUE_VIOLATION = '23505';

function queryOf({ name, text }: Statement, values: readonly unknown[]): pg.QueryConfig {
  return { ...(name === undefined ? {} : { name }), text, values: values as unknown[] };
}

/** How a database is opened, where it is not as the application does. */
export interface DatabaseOptions {
  /** Milliseconds that a statement may take. */
  readonly limit?: number;
  /** Who knows whether the database is there; one of its own where nobody else asks. */
  readonly watch?: DatabaseWatch;
  /** Whether whole tables are never read, however small they were when a statement was planned that is kept. */
  readonly byIndex?: boolean;
}

/** How long a statement may take that somebody waits for. */
const STATEMENT_MS = 10_000;
/** Lists, reports and exports that are read at a time. */
const LISTS = 4;

/**
 * Opens pools of at most so many connections: `size` for what is interactive, and a few beside it for lists. No statement
 * waits without end, neither for a connection nor for its answer: it fails, also where the other side says nothing at
 * all, and its connection is given up.
 */
export function openDatabase(
  connection: DatabaseConnection,
  size: number,
  onBroken: (error: Error) => void,
  { limit = STATEMENT_MS, watch = new DatabaseWatch(openLog('silent', false)), byIndex = false }: DatabaseOptions = {},
): Database {
  const breaks = new Breaks();
  const broken = (error: Error): void => {
    breaks.failed(error);
    onBroken(error);
  };
  // Behind a pooler nothing is kept: statements are planned each time for what there is.
  const keeps = !('pooled' in connection && connection.pooled === true);
  const plans = byIndex && keeps ? { settings: { enable_seqscan: 0 } } : {};
  const main = new Connections({ connection, size, limit, watch, onBroken: broken, ...plans });
  // A list has one core, so that there is another for who does not wait for lists.
  const settings = { max_parallel_workers_per_gather: 0 };
  const lists = new Connections({ connection, size: LISTS, limit, watch, settings, yields: true, onBroken });
  return {
    ...askOver(main, breaks),
    lists: askOver(lists, breaks),
    get pools() {
      return [main.figures, lists.figures];
    },
    afterBreak: (listener) => breaks.listen(listener),
    transaction: (work) => transact(main, breaks, work),
    async [Symbol.asyncDispose]() {
      await Promise.all([main[Symbol.asyncDispose](), lists[Symbol.asyncDispose]()]);
    },
  };
}

/** Statements over a pool, each on whatever connection is free. */
function askOver(pool: Connections, breaks: Breaks): Pick<Database, 'query' | 'texts' | 'builder'> {
  const over = async <T>(ask: (link: Link) => Promise<T>): Promise<T> => {
    let link: Link | undefined;
    try {
      link = await pool.acquire();
      const answer = await ask(link);
      breaks.answered();
      return answer;
    } catch (error) {
      breaks.failed(error);
      throw error;
    } finally {
      link?.release();
    }
  };
  return {
    // The builder ends nothing: the pools are closed by who opened them.
    builder: new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: { connect: () => pool.acquire(), end: async () => undefined } as never }),
    }),
    query: <Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]) =>
      over(async (link) => (await link.query<Row>(queryOf(statement, values))).rows),
    texts: (statement, values) => over((link) => link.texts(statement, values)),
  };
}

async function transact<T>(
  pool: Connections,
  breaks: Breaks,
  work: (connection: Queryable & { client: Link }) => Promise<T>,
): Promise<T> {
  let link: Link | undefined;
  try {
    link = await pool.acquire();
    const client = link;
    await client.query('begin');
    const value = await work({
      client,
      async query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]) {
        return (await client.query<Row>(queryOf(statement, values))).rows;
      },
      texts: (statement, values) => client.texts(statement, values),
    });
    await client.query('commit');
    return value;
  } catch (error) {
    breaks.failed(error);
    if (link?.broken === false) await link.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    link?.release();
  }
}
