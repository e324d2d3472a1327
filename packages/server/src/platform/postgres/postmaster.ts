import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStart } from '../folder-lock.ts';
import { StartError } from '../start-error.ts';

const POLL_MS = 10;
const STOP_LIMIT_MS = 30_000;

/** What a running server says of itself in its folder. */
export interface Postmaster {
  readonly pid: number;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`; undefined where there is none or it is being written. */
export function readPostmaster(folder: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: (lines[7] ?? '').trim() === 'ready' } : undefined;
}

/**
 * Ends a server that a killed Molva left behind on this folder, and waits until it is gone. The folder's lock is ours,
 * so nobody else uses it. The pid file is never removed by hand: PostgreSQL itself knows whether it is stale.
 */
export async function stopLeftover(folder: string): Promise<void> {
  const left = readPostmaster(folder);
  if (left === undefined || !isPostgres(left.pid)) return;
  process.kill(left.pid, 'SIGINT');
  for (let waited = 0; isPostgres(left.pid); waited += POLL_MS) {
    if (waited > STOP_LIMIT_MS) {
      throw new StartError(
        `A PostgreSQL left behind (process ${left.pid}) does not stop. End it with: kill -QUIT ${left.pid}`,
      );
    }
    await sleep(POLL_MS);
  }
}

function isPostgres(pid: number): boolean {
  if (processStart(pid) === undefined) return false;
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    // Without /proc the pid file and a living process are all there is to go by.
    return process.platform !== 'linux';
  }
}
