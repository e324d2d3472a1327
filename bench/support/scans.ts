import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { timeCalls } from './calls.ts';
import type { BenchedMolva } from './molva.ts';

/** Tables nobody may read from end to end. */
const big = [
  'sessions',
  'session_search',
  'session_activity',
  'messages',
  'clients',
  'session_events',
  'session_tags',
  'client_tags',
];
/** A connection tells of its reads at the end of a transaction, and then not again for a second. */
const TELLING_MS = 1_100;
/** More than the server has connections to its database. */
const EVERY_CONNECTION = 32;

/** Sequential scans of the big tables so far, and the rows they read. */
export type Scans = ReadonlyMap<string, { readonly scans: number; readonly rows: number }>;

/** Reads the counts, after every connection of the server has told of its own. */
export async function readScans(database: pg.Client, molva: BenchedMolva, session: string): Promise<Scans> {
  await sleep(TELLING_MS);
  const path = () => `/sessions/${session}`;
  await timeCalls({ ...molva, callers: EVERY_CONNECTION, count: EVERY_CONNECTION, path });
  const { rows } = await database.query<{ relname: string; seq_scan: string; seq_tup_read: string }>(
    'select relname, seq_scan, seq_tup_read from pg_stat_user_tables where relname = any($1)',
    [big],
  );
  return new Map(rows.map((row) => [row.relname, { scans: Number(row.seq_scan), rows: Number(row.seq_tup_read) }]));
}

/** What was scanned in between, by table; empty where nothing was. */
export function scansBetween(before: Scans, after: Scans): Record<string, { scans: number; rows: number }> {
  return Object.fromEntries(
    [...after].flatMap(([table, { scans, rows }]) => {
      const was = before.get(table) ?? { scans: 0, rows: 0 };
      return scans === was.scans ? [] : [[table, { scans: scans - was.scans, rows: rows - was.rows }]];
    }),
  );
}
