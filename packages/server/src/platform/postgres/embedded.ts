import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { databasePassword } from '../secrets.ts';
import { StartError } from '../start-error.ts';
import { CLUSTER_USER, comeIn, setPassword, writeAccessRules } from './access.ts';
import { findBinaries } from './binaries.ts';
import { hasEnded, launch, stop } from './child.ts';
import { ensureCluster } from './cluster.ts';
import { ClusterLog } from './cluster-log.ts';
import { keepCopy } from './copies.ts';
import { clearLeftovers } from './leftovers.ts';
import { becomeReady } from './readiness.ts';
import { reaching, runAs, type RunAs } from './run-as.ts';
import type { DatabaseServer } from './server.ts';
import type { Starting } from './starting.ts';
import { takeOver } from './take-over.ts';

const DATABASE = 'molva';
/** Longest path of a Unix socket that every system takes, less the name PostgreSQL gives it. */
const LONGEST_SOCKET_FOLDER = 80;

/** What a start of an embedded server says and asks meanwhile. */
export interface EmbeddedStart extends Starting {
  /** Names the state that a copy is to be kept of before anything else happens; undefined where none is needed. */
  readonly copyOf: (client: pg.Client) => Promise<string | undefined>;
  /** Connections that it takes, where more than one process works on it. */
  readonly connections?: number;
}

/**
 * A server in the data folder: a child on a Unix socket, no TCP, that ends with this process and asks for the password of
 * the data folder.
 */
export async function openEmbedded(dataDir: string, start: EmbeddedStart): Promise<DatabaseServer> {
  const folder = join(dataDir, 'postgres');
  const binaries = findBinaries(process.env['PATH'] ?? '');
  const as = reaching(runAs(folder), [binaries.folder, dataDir]);
  takeOver(folder, as);
  const socketFolder = prepareSocketFolder(dataDir, as);
  const password = await databasePassword(dataDir);
  const isNew = await ensureCluster(folder, { password, binaries, as }, start);
  const log = new ClusterLog(join(dataDir, 'postgres.log'));
  const places = { folder, socketFolder, accessRules: writeAccessRules(dataDir) };
  const connection = { host: socketFolder, user: CLUSTER_USER, password, database: DATABASE };
  const begin = async () => {
    await clearLeftovers(folder, socketFolder, as, start.tell);
    const from = log.size;
    const child = launch(places, binaries, as, log, start.connections);
    await becomeReady(child, folder, log, from, start);
    return child;
  };

  let child = await begin();
  try {
    let entered = await comeIn(connection, isNew, start.copyOf);
    if (entered === undefined) {
      // One that was made before there were passwords, or whose secrets are of another backup.
      await stop(child);
      setPassword(folder, password, binaries, as);
      child = await begin();
      entered = await comeIn(connection, isNew, start.copyOf);
    }
    if (entered === undefined) throw new StartError('The database has started, but does not take its password.');
    if (entered.done !== undefined) {
      await stop(child);
      await keepCopy(folder, entered.done, as, start.tell);
      child = await begin();
    }
  } catch (error) {
    await stop(child);
    throw error;
  }

  const watching = log.watch();
  let stopping = false;
  const failed = new Promise<string>((fail) => {
    const tell = () => stopping || fail(endOf(child.signalCode ?? `code ${child.exitCode}`, log));
    if (hasEnded(child)) tell();
    else child.once('exit', tell);
  });
  const end = async (withinMs?: number): Promise<void> => {
    stopping = true;
    watching[Symbol.dispose]();
    await stop(child, withinMs);
    // What had to lie elsewhere, for the length of its path, is not left there.
    if (dirname(socketFolder) !== dataDir) rmSync(socketFolder, { recursive: true, force: true });
  };
  return { connection, kind: 'embedded', failed, end, [Symbol.asyncDispose]: () => end() };
}

function endOf(how: string, log: ClusterLog): string {
  return `The database ended unexpectedly (${how}), and Molva with it: start it again. What the database said is at the end of ${log.path}.`;
}

function prepareSocketFolder(dataDir: string, as: RunAs): string {
  const near = join(dataDir, 'socket');
  const short = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const folder = near.length <= LONGEST_SOCKET_FOLDER ? near : join(tmpdir(), `molva-${short}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // In a folder of everybody's somebody else may have made it first.
  const found = lstatSync(folder);
  if (!found.isDirectory() || ![process.getuid?.(), as.uid].includes(found.uid)) {
    throw new StartError(
      `The folder of the database's socket, ${folder}, is somebody else's. Remove it, or move the data folder to a shorter path.`,
    );
  }
  chmodSync(folder, 0o700);
  as.own(folder);
  return folder;
}
