import pg from 'pg';
import { inject } from 'vitest';
import type { DatabaseConnection } from '../platform/database.ts';
import { databaseOf, MIGRATED } from './prepare-server.ts';

let databases = 0;

/** A new, empty database on the project's server: the boundary between tests. */
export function freshDatabase(): Promise<DatabaseConnection> {
  return made('template1');
}

/** A new database on the project's server that has the schema and no rows. */
export function migratedDatabase(): Promise<DatabaseConnection> {
  return made(MIGRATED);
}

async function made(template: string): Promise<DatabaseConnection> {
  const server = inject('database');
  const name = `test_${process.pid}_${Date.now().toString(36)}_${++databases}`;
  const client = new pg.Client(databaseOf(server, 'postgres'));
  await client.connect();
  await client.query(`create database ${name} template ${template}`);
  await client.end();
  return databaseOf(server, name);
}
