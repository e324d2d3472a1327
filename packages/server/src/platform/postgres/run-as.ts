import { spawnSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { StartError } from '../start-error.ts';

/** PostgreSQL refuses to run as root: this unprivileged user takes its place where no other is known. */
const NOBODY = 65_534;

/** How a PostgreSQL program is started: as whom, and so that it ends with its parent where the system can do that. */
export interface RunAs {
  readonly uid: number | undefined;
  /** The command line around a program. */
  wrap(program: string, args: readonly string[]): { command: string; args: string[] };
  /** Gives a path to the user the programs run as. */
  own(path: string): void;
}

/**
 * Decides how to run PostgreSQL from the current user and what the system offers. Root runs it as whoever owns its
 * folder already, where there is one.
 */
export function runAs(folder?: string): RunAs {
  const uid = process.getuid?.() === 0 ? ownerOf(folder) : undefined;
  const setpriv = process.platform === 'linux' && spawnSync('setpriv', ['--version']).status === 0;
  if (uid !== undefined && !setpriv) {
    throw new StartError(
      'PostgreSQL does not run as root, and setpriv (util-linux) is missing to run it as somebody else. Start Molva as an ordinary user, or set MOLVA_DATABASE_URL.',
    );
  }
  const identity = uid === undefined ? [] : ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  return {
    uid,
    wrap: (program, args) =>
      setpriv
        ? { command: 'setpriv', args: ['--pdeathsig', 'INT', ...identity, '--', program, ...args] }
        : { command: program, args: [...args] },
    own(path) {
      if (uid !== undefined) chownSync(path, uid, uid);
    },
  };
}

function ownerOf(folder: string | undefined): number {
  const owner = folder === undefined ? undefined : statSync(folder, { throwIfNoEntry: false })?.uid;
  return owner === undefined || owner === 0 ? NOBODY : owner;
}

/** Throws where the user PostgreSQL runs as cannot reach a path, with the way out. */
export function checkReach(as: RunAs, path: string, what: string): void {
  if (as.uid === undefined) return;
  const { command, args } = as.wrap('test', ['-x', path]);
  if (spawnSync(command, args).status !== 0) {
    throw new StartError(
      `Started as root, PostgreSQL runs as user ${as.uid}, which cannot reach ${what} ${path}. Move it out of a private folder, start Molva as an ordinary user, or set MOLVA_DATABASE_URL.`,
    );
  }
}
