import type pg from 'pg';
import { machineSeconds, watchCpu } from './process.ts';

/** Whose use is measured. */
export interface Watched {
  /** The process between a client and the database, where there is one. */
  readonly server: number | null;
  /** Processes of the database, those that begin meanwhile too. */
  readonly databaseProcesses: () => readonly number[];
  /** A connection for the database's own counts. */
  readonly statistics: pg.Client;
}

/** What was used. */
export interface Use {
  readonly serverSeconds: number;
  readonly databaseSeconds: number;
  readonly machineSeconds: number;
  readonly walBytes: number;
  /** Of the log alone: how often somebody waited for the disk. */
  readonly fsyncs: number;
}

interface Written {
  readonly bytes: number;
  readonly fsyncs: number;
}

/**
 * Begins to measure; answers what was used since, whenever it is asked. A connection tells its fsyncs once a second at the
 * end of a transaction: whoever asks in the midst of an even load is told as much too little at the beginning as at the end.
 */
export async function watchUse({ server, databaseProcesses, statistics }: Watched): Promise<() => Promise<Use>> {
  const before = await written(statistics);
  const serverUse = watchCpu(() => (server === null ? [] : [server]));
  const databaseUse = watchCpu(databaseProcesses);
  const machine = machineSeconds();
  return async () => {
    const after = await written(statistics);
    return {
      serverSeconds: serverUse(),
      databaseSeconds: databaseUse(),
      machineSeconds: machineSeconds() - machine,
      walBytes: after.bytes - before.bytes,
      fsyncs: after.fsyncs - before.fsyncs,
    };
  };
}

/** Where PostgreSQL counts the fsyncs of its log: before 18 in one place, since then in another. */
const FSYNCS = {
  before18: 'select wal_sync from pg_stat_wal',
  since18: `select sum(fsyncs) from pg_stat_io where object = 'wal'`,
} as const;

async function written(statistics: pg.Client): Promise<Written> {
  const { rows: versions } = await statistics.query<{ version: number }>(
    `select current_setting('server_version_num')::integer as version`,
  );
  const fsyncs = Number(versions[0]?.version) < 180_000 ? FSYNCS.before18 : FSYNCS.since18;
  const { rows } = await statistics.query<Written>(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes, (${fsyncs})::float8 as fsyncs`,
  );
  return rows[0] ?? { bytes: 0, fsyncs: 0 };
}
