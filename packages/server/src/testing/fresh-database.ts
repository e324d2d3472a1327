import pg from 'pg';
import { inject } from 'vitest';
import type { DatabaseConnection } from '../platform/database.ts';

let databases = 0;

/** A new, empty database on the project's server: the boundary between tests. */
export async function freshDatabase(): Promise<DatabaseConnection> {
  const server = inject('database');
  const name = `test_${process.pid}_${Date.now().toString(36)}_${++databases}`;
  const client = new pg.Client('connectionString' in server ? server : { ...server, database: 'postgres' });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  if (!('connectionString' in server)) return { ...server, database: name };
  const url = new URL(server.connectionString);
  url.pathname = `/${name}`;
  return { connectionString: url.href };
}
