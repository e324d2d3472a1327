import pg from 'pg';
import { StartError } from '../start-error.ts';
import type { DatabaseServer } from './server.ts';

/** Somebody else's server: asked whether it is there and new enough. */
export async function openExternal(connectionString: string): Promise<DatabaseServer> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
    const version = Math.floor(Number(rows[0]?.server_version_num) / 10_000);
    if (version < 15)
      throw new StartError(`MOLVA_DATABASE_URL leads to PostgreSQL ${version}; Molva needs 15 or newer.`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The database of MOLVA_DATABASE_URL cannot be reached: ${(error as Error).message}`);
  } finally {
    await client.end().catch(() => undefined);
  }
  return {
    connection: { connectionString },
    kind: 'external',
    failed: new Promise(() => {}),
    async end() {},
    async [Symbol.asyncDispose]() {},
  };
}
