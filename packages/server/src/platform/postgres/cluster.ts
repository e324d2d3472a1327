import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { CLUSTER_USER, setPassword } from './access.ts';
import type { Binaries } from './binaries.ts';
import type { RunAs } from './run-as.ts';

/** Between a cluster's name and some letters while it is being made. */
const BUILDING = '.new-';

/**
 * Makes the cluster where there is none. It is built beside its place and renamed when complete, so that an
 * interrupted first start leaves nothing half done. Its own rules let everybody in, and no server is started under them.
 */
export function ensureCluster(folder: string, password: string, binaries: Binaries, as: RunAs): void {
  if (existsSync(join(folder, 'PG_VERSION'))) return checkVersion(folder, binaries);
  if (existsSync(folder) && !isEmpty(folder)) {
    throw new StartError(
      `${folder} holds files, but no database: PG_VERSION is missing. Restore a backup, or move the folder away to begin with an empty database.`,
    );
  }
  removeLeftovers(folder);
  const building = mkdtempSync(folder + BUILDING);
  as.own(building);
  const locale =
    binaries.majorVersion >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8'];
  const { command, args } = as.wrap(join(binaries.folder, 'initdb'), [
    '--pgdata',
    building,
    '--username',
    CLUSTER_USER,
    '--auth=trust',
    '--encoding=UTF8',
    '--data-checksums',
    ...locale,
  ]);
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  if (status !== 0) {
    const reason = (stderr ?? error?.message ?? '').trim().split('\n').at(-1) ?? '';
    throw new StartError(`The database could not be created in ${folder}: ${reason}`);
  }
  setPassword(building, password, binaries, as);
  renameSync(building, folder);
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `The database in ${folder} cannot be read (${code}): it belongs to another user. Start Molva as that one, or as root, or give this user the folder.`,
    );
  }
}

/** What interrupted starts left. A program they started may still be writing: then the rest goes another time. */
function removeLeftovers(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(basename(folder) + BUILDING)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}

function checkVersion(folder: string, binaries: Binaries): void {
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (version !== String(binaries.majorVersion)) {
    throw new StartError(
      `The database in ${folder} was made by PostgreSQL ${version}, but ${binaries.majorVersion} was found. Bring PostgreSQL ${version} back, or restore a backup into a new folder.`,
    );
  }
}
