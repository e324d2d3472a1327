import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hasProc, processStart } from '../processes.ts';
import { ENVIRONMENT } from './programs.ts';
import type { RunAs } from './run-as.ts';

/** A living process of a cluster: the same number with another beginning is somebody else. */
export interface ClusterProcess {
  readonly pid: number;
  readonly start: string;
}

/**
 * Every living process of the cluster in a folder: those that PostgreSQL keeps there stand in it, whoever started them.
 * A number in a file proves nothing: it may be a zombie's, or belong to another program or another cluster by now.
 */
export function clusterProcesses(folder: string, as: RunAs): ClusterProcess[] {
  const pids = hasProc() ? standingIn(folder, as) : namedAfter(folder);
  return pids.flatMap((pid) => {
    const start = processStart(pid);
    return start === undefined ? [] : [{ pid, start }];
  });
}

/** Signals a process unless its number has passed to another one. */
export function signalProcess({ pid, start }: ClusterProcess, signal: NodeJS.Signals): void {
  if (processStart(pid) !== start) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

function standingIn(folder: string, as: RunAs): number[] {
  const place = statSync(folder);
  const candidates = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isPostgres(name));
  const hidden: string[] = [];
  const found = candidates.filter((pid) => {
    try {
      const { dev, ino } = statSync(`/proc/${pid}/cwd`);
      return dev === place.dev && ino === place.ino;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') hidden.push(pid);
      return false;
    }
  });
  return [...found, ...standingUnseen(`${place.dev} ${place.ino}`, hidden, as)].map(Number);
}

/** Root in a container may not look into processes of others: the user of the database looks into its own. */
function standingUnseen(place: string, pids: readonly string[], as: RunAs): string[] {
  if (as.uid === undefined || pids.length === 0) return [];
  const paths = pids.map((pid) => `/proc/${pid}/cwd`);
  const { command, args } = as.wrap('stat', ['-L', '--printf=%d %i %n\\n', ...paths]);
  const { stdout } = spawnSync(command, args, { encoding: 'utf8', env: ENVIRONMENT });
  const lines = new Set((stdout ?? '').split('\n'));
  return pids.filter((pid) => lines.has(`${place} /proc/${pid}/cwd`));
}

function isPostgres(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return false;
  }
}

/** Without /proc the command lines of servers are what can be seen: their children end with them. */
function namedAfter(folder: string): number[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid = '', state = '', command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return !state.startsWith('Z') && command.includes(`postgres -D ${folder} `) ? [Number(pid)] : [];
  });
}
