import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running server says of itself in its folder. */
export interface Postmaster {
  readonly pid: number;
  readonly ready: boolean;
}

/** The file in which a server says who it is; a server that is killed leaves it behind. */
export const POSTMASTER_FILE = 'postmaster.pid';

/** Reads `postmaster.pid`; undefined where there is none or it is being written. */
export function readPostmaster(folder: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, POSTMASTER_FILE), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  // A server that somebody repairs by hand, for one user and without sockets, writes its number as a negative one.
  const pid = Math.abs(Number(lines[0]));
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: (lines[7] ?? '').trim() === 'ready' } : undefined;
}
