import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

const steps = fileURLToPath(new URL('./fill.sql', import.meta.url));

/** What a database is filled with. */
export interface Filling {
  readonly sessions: number;
  readonly clients: number;
  /** Of those that are not of the last days, the share that has not ended. */
  readonly activeShare: number;
  /** Of those of the greatest company, the share in which an operator answered; an active one waits for him to come back. */
  readonly operatorShare: number;
}

/** How long the steps of a filling took, seconds. */
export type FillingSeconds = Record<string, number>;

interface Relation {
  readonly create: string;
  readonly drop: string;
}

/** Indexes slow a filling down tenfold: they are taken away, and made again from what the database said of them. */
const indexes = `
  select pg_get_indexdef(i.indexrelid) as create, 'drop index ' || i.indexrelid::regclass as drop
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
    where i.indrelid in ('sessions'::regclass, 'session_search'::regclass, 'session_activity'::regclass, 'messages'::regclass) and c.oid is null
  union all
  select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
      format('alter table %s drop constraint %I', conrelid::regclass, conname)
    from pg_constraint where conrelid = 'messages'::regclass and contype = 'p'`;

/** Fills a migrated database that has one company and a bot. Triggers are off, foreign keys among them: the rows are made to fit. */
export async function fill(client: pg.Client, filling: Filling, tell: (line: string) => void): Promise<FillingSeconds> {
  const seconds: FillingSeconds = {};
  const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    seconds[name] = Math.round((performance.now() - began) / 100) / 10;
    tell(`${name}: ${seconds[name]} s`);
  };
  await client.query(`set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '1GB';
    set work_mem = '256MB'; set max_parallel_workers_per_gather = 0`);
  const { rows } = await client.query<Relation>(indexes);
  for (const { drop } of rows) await client.query(drop);
  for (const { name, text } of await readSteps(filling)) await timed(name, () => client.query(text));
  await timed('indexes', async () => {
    for (const { create } of rows) await client.query(create);
  });
  await timed('vacuum and analyze', () => client.query('vacuum analyze'));
  await timed('checkpoint', () => client.query('checkpoint'));
  // Figures of an empty table are the best there are.
  const { rows: empty } = await client.query<{ relname: string }>(
    `select relname from pg_class where reltuples < 1 and relname in ('sessions', 'session_search', 'session_activity', 'session_tags', 'messages',
      'clients', 'client_tags', 'chats', 'users', 'tags', 'due')`,
  );
  if (empty.length > 0) throw new Error(`nothing was filled into ${empty.map(({ relname }) => relname).join(', ')}`);
  return seconds;
}

async function readSteps(filling: Filling): Promise<{ name: string; text: string }[]> {
  const text = Object.entries(filling).reduce(
    (filled, [name, value]) => filled.replaceAll(new RegExp(`:${name}\\b`, 'g'), String(value)),
    await readFile(steps, 'utf8'),
  );
  return text
    .split('-- step: ')
    .slice(1)
    .map((step) => ({ name: step.slice(0, step.indexOf('\n')), text: step.slice(step.indexOf('\n')) }));
}
