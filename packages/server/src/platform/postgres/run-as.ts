import { spawnSync } from 'node:child_process';
import { lchownSync, statSync } from 'node:fs';
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
  return runner(uid, setpriv, []);
}

/**
 * The same, able to reach these paths: where they lie in a folder that is private to root, as its home is, PostgreSQL may
 * pass through such folders and read what is in them, and may do nothing else that its user may not. Throws where that
 * is not possible either, with the way out.
 */
export function reaching(as: RunAs, paths: readonly string[]): RunAs {
  const { uid } = as;
  if (uid === undefined || paths.every((path) => reaches(as, path))) return as;
  for (const right of PASSING_RIGHTS) {
    const only = ['bounding-set', 'inh-caps', 'ambient-caps'].flatMap((set) => [`--${set}`, `-all,+${right}`]);
    // The right outlives the change of the user by this bit alone, and the rights of the user are not root's any more.
    const able = runner(uid, true, ['--securebits', '+no_setuid_fixup', ...only]);
    if (paths.every((path) => reaches(able, path))) return able;
  }
  const beyond = paths.find((path) => !reaches(as, path)) ?? '';
  throw new StartError(
    `Started as root, PostgreSQL runs as user ${uid}, which cannot reach ${beyond}. Move it out of a private folder, start Molva as an ordinary user, or set MOLVA_DATABASE_URL.`,
  );
}

/** Rights by which somebody passes through private folders; containers are often given the second one alone. */
const PASSING_RIGHTS = ['dac_read_search', 'dac_override'] as const;

function runner(uid: number | undefined, setpriv: boolean, rights: readonly string[]): RunAs {
  const identity = uid === undefined ? [] : ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  return {
    uid,
    wrap: (program, args) =>
      setpriv
        ? { command: 'setpriv', args: ['--pdeathsig', 'INT', ...rights, ...identity, '--', program, ...args] }
        : { command: program, args: [...args] },
    own(path) {
      if (uid !== undefined) lchownSync(path, uid, uid);
    },
  };
}

function reaches(as: RunAs, path: string): boolean {
  const { command, args } = as.wrap('test', ['-x', path]);
  return spawnSync(command, args).status === 0;
}

function ownerOf(folder: string | undefined): number {
  const owner = folder === undefined ? undefined : statSync(folder, { throwIfNoEntry: false })?.uid;
  return owner === undefined || owner === 0 ? NOBODY : owner;
}
