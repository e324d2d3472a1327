import pg from 'pg';
import { openDatabase, type DatabaseConnection } from '../platform/database.ts';
import { migrate } from '../platform/migrations.ts';

/** The database with the schema of this build that those of tests are copied from. */
export const MIGRATED = 'migrated';

/** Names another database of the same server. */
export function databaseOf(server: DatabaseConnection, name: string): DatabaseConnection {
  if (!('connectionString' in server)) return { ...server, database: name };
  const url = new URL(server.connectionString);
  url.pathname = `/${name}`;
  return { connectionString: url.href };
}

/**
 * Makes a new server ready for tests. It forces nothing to the disk, since no machine loses its power under them; and it
 * migrates once what every test needs migrated.
 */
export async function prepareServer(server: DatabaseConnection): Promise<void> {
  const client = new pg.Client(databaseOf(server, 'postgres'));
  await client.connect();
  await client.query('alter system set fsync = off');
  await client.query('select pg_reload_conf()');
  await client.query(`create database ${MIGRATED}`);
  await client.end();
  await using database = openDatabase(databaseOf(server, MIGRATED), 1, (error) => {
    throw error;
  });
  await migrate(database);
}
