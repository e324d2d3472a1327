import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Database } from './database.ts';
import { StartError } from './start-error.ts';

/** Any number no other program takes on the same database; held while a node migrates. */
const MIGRATION_LOCK = 710_413_001;

const folder = fileURLToPath(new URL('../../migrations/', import.meta.url));

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The numbered steps that ship with this build, in order. */
async function shippedMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({
      number: Number(name.slice(0, 6)),
      name,
      sql: await readFile(folder + name, 'utf8'),
    })),
  );
}

/**
 * Brings the schema up to this build, all steps in one transaction under an advisory lock: twenty nodes may start at
 * once, one does the work. Answers how many steps were applied. A database that is ahead of this build is refused.
 * @param last the number of the last step to apply: earlier than all of them for a database as an earlier build knew it
 */
export async function migrate(database: Database, last = Number.POSITIVE_INFINITY): Promise<number> {
  const steps = (await shippedMigrations()).filter(({ number }) => number <= last);
  return database.transaction(async ({ client }) => {
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'create table if not exists molva_migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ number: number; name: string }>(
      'select number, name from molva_migrations order by number',
    );
    const newest = rows.at(-1);
    const known = steps.at(-1)?.number ?? 0;
    if (newest !== undefined && newest.number > known) {
      throw new StartError(
        `The database is newer than this Molva: it has step ${newest.name}, this build ends at step ${known}. Start the newer version, or go back to a backup made before the upgrade: beside an embedded database it is kept in the data folder, as postgres-before-….`,
      );
    }
    const done = new Set(rows.map((row) => row.number));
    const missing = steps.filter((step) => !done.has(step.number));
    for (const step of missing) {
      await client.query(step.sql);
      await client.query('insert into molva_migrations (number, name) values ($1, $2)', [step.number, step.name]);
    }
    return missing.length;
  });
}

/**
 * The name of the last step of a database that this build would change; undefined where it would not: one that is empty,
 * up to date or ahead.
 */
export async function stepBefore(client: Pick<pg.Client, 'query'>): Promise<string | undefined> {
  const { rowCount } = await client.query("select from pg_class where oid = to_regclass('molva_migrations')");
  if (rowCount === 0) return undefined;
  const { rows } = await client.query<{ number: number; name: string }>(
    'select number, name from molva_migrations order by number',
  );
  const steps = await shippedMigrations();
  const done = new Set(rows.map(({ number }) => number));
  const newest = rows.at(-1);
  if (newest === undefined || newest.number > (steps.at(-1)?.number ?? 0)) return undefined;
  return steps.every(({ number }) => done.has(number)) ? undefined : newest.name.replace(/\.sql$/, '');
}
