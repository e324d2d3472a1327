import type pg from 'pg';
import { databaseError } from '../breaks.ts';
import { StartError } from '../start-error.ts';
import { clientOf, sessionOf, type DatabaseConnection } from './connections.ts';
import { overOne } from './one.ts';

/** What a pooler says that takes no settings with a connection: PgBouncer calls it a violation of the protocol. */
const REFUSES_SETTINGS = '08P01';
const WAIT_MS = 10_000;

/**
 * Looks what stands between here and the database. Behind a pooler a connection is another one in each transaction: what a
 * statement was called before, and what was set at the beginning, may belong to somebody else.
 */
export async function findPooler(connection: DatabaseConnection): Promise<DatabaseConnection> {
  if (!('connectionString' in connection)) return connection;
  try {
    return (await isPooled({ ...connection, pooled: false })) ? { ...connection, pooled: true } : connection;
  } catch (error) {
    if (databaseError(error)?.code !== REFUSES_SETTINGS) throw error;
  }
  const pooled = { ...connection, pooled: true };
  try {
    await isPooled(pooled);
    return pooled;
  } catch (error) {
    throw new StartError(
      `The pooler of MOLVA_DATABASE_URL refuses connections: ${(error as Error).message}. Name the database itself, or let the pooler ignore what it does not know.`,
    );
  }
}

/** Whether who answers is another process than the one that was connected to. */
async function isPooled(connection: DatabaseConnection): Promise<boolean> {
  const config = { ...sessionOf(connection, WAIT_MS), connectionTimeoutMillis: WAIT_MS };
  const differs = async (client: pg.Client): Promise<boolean> => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return rows[0]?.pid !== (client as unknown as { readonly processID: number }).processID;
  };
  return overOne(config, differs, clientOf(connection));
}
