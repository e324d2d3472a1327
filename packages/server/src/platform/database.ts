import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Breaks } from './breaks.ts';
import type { Tables } from './tables.ts';

/** Where the database is. */
export type DatabaseConnection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly database: string; readonly user: string };

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
}

/** The database: hot statements as named prepared SQL, everything else through the typed builder. */
export interface Database extends Queryable, AsyncDisposable {
  readonly builder: Kysely<Tables>;
  /** Calls when statements are answered again after a connection broke; dispose to end it. */
  afterBreak(listener: () => void): Disposable;
  /** Runs the work in one transaction on one connection; a throw rolls back. */
  transaction<T>(work: (connection: Queryable & { client: pg.PoolClient }) => Promise<T>): Promise<T>;
}

/** The PostgreSQL condition of a row that is there already. */
export const UNIQUE_VIOLATION = '23505';

/** Reads the SQLSTATE and the constraint of a failed statement; undefined where it is no database error. */
export function databaseError(error: unknown): { code: string; constraint: string | undefined } | undefined {
  return error instanceof pg.DatabaseError && error.code !== undefined
    ? { code: error.code, constraint: error.constraint }
    : undefined;
}

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

function queryOf({ name, text }: Statement, values: readonly unknown[]): pg.QueryConfig {
  return { ...(name === undefined ? {} : { name }), text, values: values as unknown[] };
}

/**
 * Opens a pool of at most `size` connections. With a limit no statement waits longer than that many milliseconds,
 * neither for a connection nor for its answer: it fails, also where the other side says nothing at all, and its
 * connection is given up.
 */
export function openDatabase(
  connection: DatabaseConnection,
  size: number,
  onError: (error: Error) => void,
  limit?: number,
): Database {
  const pool = new pg.Pool({
    ...connection,
    max: size,
    ...(limit === undefined
      ? {}
      : { connectionTimeoutMillis: limit, statement_timeout: limit, query_timeout: limit, keepAlive: true }),
    types,
    // Compiling a statement takes longer than any of ours may run.
    options: '-c TimeZone=UTC -c DateStyle=ISO -c jit=off',
    application_name: 'molva',
  });
  let closing = false;
  const breaks = new Breaks();
  pool.on('error', (error) => {
    breaks.failed(error);
    // Connections that are being closed may still hear that the server goes down with them.
    if (!closing) onError(error);
  });
  const builder = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    builder,
    async query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]) {
      const result = await pool.query<Row>(queryOf(statement, values)).catch((error: unknown) => {
        breaks.failed(error);
        throw error;
      });
      breaks.answered();
      return result.rows;
    },
    afterBreak: (listener) => breaks.listen(listener),
    async transaction(work) {
      const client = await pool.connect();
      let broken = false;
      try {
        await client.query('begin');
        const value = await work({
          client,
          async query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]) {
            const result = await client.query<Row>(queryOf(statement, values));
            return result.rows;
          },
        });
        await client.query('commit');
        return value;
      } catch (error) {
        breaks.failed(error);
        await client.query('rollback').catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      // The builder ends the pool only if it was ever used.
      await pool.end();
    },
  };
}
