import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../start-error.ts';
import { hasEnded, stop } from './child.ts';
import { LAST_WORDS, type ClusterLog } from './cluster-log.ts';
import { readPostmaster } from './postmaster.ts';
import type { Starting } from './starting.ts';

const POLL_MS = 10;
/** How long a server may take, how often that is told, and how long one that repairs itself may say nothing: it says every few seconds how far it is. */
export const PATIENCE = { all: 4 * 3_600_000, silence: 300_000, tell: 10_000 } as const;

/**
 * Waits until a server lets clients in. The file it says so in must have been removed before it was started: the one of
 * a server of before may hold the same number. After a crash a server reads its log again, which takes as long as it
 * takes: it is given up only when it says nothing any more.
 */
export async function becomeReady(
  child: ChildProcess,
  folder: string,
  log: ClusterLog,
  from: number,
  starting: Starting,
  patience: Readonly<Record<keyof typeof PATIENCE, number>> = PATIENCE,
): Promise<void> {
  const failed = new Promise<never>((_, reject) =>
    child.once('error', ({ message }) => reject(new StartError(`The database could not be started: ${message}`))),
  );
  failed.catch(() => undefined);
  starting.waiting?.();
  // The clock of the machine may be set meanwhile: what has passed is counted, not what it says.
  const began = performance.now();
  let [size, heard, told] = [from, began, began];
  for (;;) {
    await Promise.race([sleep(POLL_MS), failed]);
    const postmaster = readPostmaster(folder);
    if (postmaster?.ready === true && postmaster.pid === child.pid) return;
    const now = performance.now();
    if (hasEnded(child)) throw new StartError(reasonOf(log, from));
    if (log.size !== size) [size, heard] = [log.size, now];
    const limit = now - heard > patience.silence || now - began > patience.all;
    if (limit || starting.stop.aborted) {
      await stop(child);
      throw starting.stop.aborted ? starting.stop.reason : new StartError(reasonOf(log, from));
    }
    if (now - told > patience.tell) {
      told = now;
      const seconds = Math.round((now - began) / 1000);
      starting.tell(`the database has been starting for ${seconds} s: ${log.lastLine(from) || 'it says nothing yet'}`);
    }
  }
}

function reasonOf(log: ClusterLog, from: number): string {
  const words = log.lastLine(from, LAST_WORDS);
  return `The database did not start${words === '' ? '' : `: ${words}`}. All it said is at the end of ${log.path}.`;
}
