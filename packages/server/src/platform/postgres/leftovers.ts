import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../start-error.ts';
import { clusterProcesses, signalProcess, type ClusterProcess } from './cluster-processes.ts';
import { POSTMASTER_FILE, readPostmaster } from './postmaster.ts';
import type { RunAs } from './run-as.ts';

const POLL_MS = 20;
/** How long each way of ending takes at most: a server writes what it has in memory first. */
const LIMITS_MS = { SIGINT: 10_000, SIGQUIT: 6_000, SIGKILL: 10_000 } as const;
/** What has lost its server ends by itself, in a moment, or stands still. */
const ORPHANS_LIMIT_MS = 1_000;

/**
 * Ends what a killed Molva left running on a cluster and removes the files in which the dead named themselves. The
 * folder's lock is ours, so nobody else uses it. PostgreSQL would refuse to start while any process of its user has the
 * number of the dead one, be it a zombie, a thread or a stranger; that none of the cluster's lives is known better here.
 * What it knows better, whether anybody still has the cluster's shared memory, it goes on checking by the folder itself.
 */
export async function clearLeftovers(
  folder: string,
  socketFolder: string,
  as: RunAs,
  tell: (sentence: string) => void,
): Promise<void> {
  await endProcesses(folder, as, tell);
  for (const path of [join(folder, POSTMASTER_FILE), ...socketFiles(socketFolder)]) rmSync(path, { force: true });
}

async function endProcesses(folder: string, as: RunAs, tell: (sentence: string) => void): Promise<void> {
  let left = clusterProcesses(folder, as);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (left.length === 0) return;
    const server = left.filter(({ pid }) => pid === readPostmaster(folder)?.pid);
    // A server tells its children, unless it stands still; without one nothing is left to be put in order.
    const addressed = signal === 'SIGINT' ? server : left;
    if (addressed.length === 0) continue;
    tell(`a PostgreSQL left behind on ${folder} is being ended: ${signal} to ${list(addressed, ', ')}`);
    for (const one of addressed) signalProcess(one, signal);
    const limit = signal === 'SIGQUIT' && server.length === 0 ? ORPHANS_LIMIT_MS : LIMITS_MS[signal];
    for (
      const end = performance.now() + limit;
      left.length > 0 && performance.now() < end;
      left = clusterProcesses(folder, as)
    ) {
      await sleep(POLL_MS);
    }
  }
  if (left.length === 0) return;
  throw new StartError(
    `A PostgreSQL left behind on ${folder} (process ${list(left, ', ')}) does not end, not even by force: most likely it waits for its disk. Look at it with: ps -o pid,stat,args -p ${list(left, ',')}. Start again when it is gone.`,
  );
}

function list(processes: readonly ClusterProcess[], separator: string): string {
  return processes.map(({ pid }) => pid).join(separator);
}

/** A socket outlives who listened on it, and so does the file with that process's number. */
function socketFiles(folder: string): string[] {
  const socket = join(folder, '.s.PGSQL.5432');
  return [socket, `${socket}.lock`];
}
