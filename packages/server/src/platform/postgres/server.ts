import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, openSync, closeSync, renameSync, statSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseConnection } from '../database.ts';
import { StartError } from '../start-error.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { CLUSTER_USER, ensureCluster } from './cluster.ts';
import { readPostmaster, stopLeftover } from './postmaster.ts';
import { checkReach, runAs, type RunAs } from './run-as.ts';

/** A database server that is ready. */
export interface DatabaseServer extends AsyncDisposable {
  readonly connection: DatabaseConnection;
  readonly kind: 'embedded' | 'external';
  /** Resolves, with a sentence, if the embedded server ends without being asked to. */
  readonly failed: Promise<string>;
}

const DATABASE = 'molva';
/** Longest path of a Unix socket that every system takes, less the name PostgreSQL gives it. */
const LONGEST_SOCKET_FOLDER = 80;
const LOG_LIMIT = 10 * 1024 * 1024;
const START_LIMIT_MS = 60_000;

/**
 * The external server where an address is given, else an embedded one in the data folder: a child on a Unix socket,
 * no TCP, that ends with this process.
 */
export async function openDatabaseServer(dataDir: string, databaseUrl: string | undefined): Promise<DatabaseServer> {
  if (databaseUrl !== undefined) return external(databaseUrl);
  const folder = resolve(dataDir, 'postgres');
  const as = runAs();
  const binaries = findBinaries(process.env['PATH'] ?? '');
  checkReach(as, binaries.folder, 'its programs in');
  checkReach(as, resolve(dataDir), 'the data folder');
  ensureCluster(folder, binaries, as);
  await stopLeftover(folder);
  const socketFolder = prepareSocketFolder(resolve(dataDir), as);
  const child = launch(folder, socketFolder, binaries, as, resolve(dataDir, 'postgres.log'));
  await becomeReady(child, folder, resolve(dataDir, 'postgres.log'));
  const connection = { host: socketFolder, user: CLUSTER_USER, database: DATABASE };
  await ensureDatabase(socketFolder);
  let stopping = false;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const failed = new Promise<string>((fail) => {
    void ended.then(
      () => stopping || fail(`The database ended unexpectedly. See ${resolve(dataDir, 'postgres.log')}.`),
    );
  });
  return {
    connection,
    kind: 'embedded',
    failed,
    async [Symbol.asyncDispose]() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await ended;
    },
  };
}

async function external(connectionString: string): Promise<DatabaseServer> {
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
    async [Symbol.asyncDispose]() {},
  };
}

function prepareSocketFolder(dataDir: string, as: RunAs): string {
  const near = join(dataDir, 'socket');
  const short = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const folder = near.length <= LONGEST_SOCKET_FOLDER ? near : join(tmpdir(), `molva-${short}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  as.own(folder);
  return folder;
}

function launch(folder: string, socketFolder: string, binaries: Binaries, as: RunAs, logFile: string): ChildProcess {
  const options = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '50',
    shared_buffers: '128MB',
    // Conversations write little rows often: compressed pages, and checkpoints far apart.
    wal_compression: 'on',
    max_wal_size: '1GB',
    checkpoint_timeout: '15min',
    // Every statement here is short; compiling one costs more than running it.
    jit: 'off',
    logging_collector: 'off',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    timezone: 'UTC',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { command, args } = as.wrap(join(binaries.folder, 'postgres'), ['-D', folder, ...flags]);
  const output = openLogFile(logFile);
  try {
    // Its own process group: a Ctrl-C on the terminal reaches Molva alone, which then stops the database in order.
    return spawn(command, args, {
      stdio: ['ignore', output, output],
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    });
  } finally {
    closeSync(output);
  }
}

function openLogFile(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

async function becomeReady(child: ChildProcess, folder: string, logFile: string): Promise<void> {
  const spawned = new Promise<never>((_, reject) => child.once('error', reject));
  spawned.catch(() => undefined);
  for (let waited = 0; ; waited += 10) {
    const postmaster = readPostmaster(folder);
    if (postmaster?.ready === true && postmaster.pid === child.pid) return;
    if (child.exitCode !== null || child.signalCode !== null || waited > START_LIMIT_MS) {
      child.kill('SIGINT');
      throw new StartError(`The database did not start. The reason is at the end of ${logFile}.`);
    }
    await Promise.race([sleep(10), spawned]);
  }
}

async function ensureDatabase(socketFolder: string): Promise<void> {
  const client = new pg.Client({ host: socketFolder, user: CLUSTER_USER, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
