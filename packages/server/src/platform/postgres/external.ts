import { overOne } from '../database/one.ts';
import { StartError } from '../start-error.ts';
import type { DatabaseServer } from './server.ts';
import type { Starting } from './starting.ts';

/** Somebody else's server: asked whether it is there and new enough. */
export async function openExternal(connectionString: string, { waiting }: Partial<Starting>): Promise<DatabaseServer> {
  try {
    const asking = overOne({ connectionString, connectionTimeoutMillis: 10_000 }, async (client) => {
      const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
      return Math.floor(Number(rows[0]?.server_version_num) / 10_000);
    });
    waiting?.();
    const version = await asking;
    if (version < 15)
      throw new StartError(`MOLVA_DATABASE_URL leads to PostgreSQL ${version}; Molva needs 15 or newer.`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The database of MOLVA_DATABASE_URL cannot be reached: ${(error as Error).message}`);
  }
  return {
    connection: { connectionString },
    kind: 'external',
    failed: new Promise(() => {}),
    async end() {},
    async [Symbol.asyncDispose]() {},
  };
}
