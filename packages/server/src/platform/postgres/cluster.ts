import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { CLUSTER_USER, verifierOf } from './access.ts';
import type { Binaries } from './binaries.ts';
import { run } from './programs.ts';
import type { Starting } from './starting.ts';
import type { RunAs } from './run-as.ts';

/** Between a cluster's name and some letters while it is being made. */
const BUILDING = '.new-';

/** What a cluster is made with. */
export interface Making {
  readonly password: string;
  readonly binaries: Binaries;
  readonly as: RunAs;
}

/**
 * Makes the cluster where there is none, and answers whether it did. It is built beside its place, given its name when it
 * is complete and on the disk, so that an interrupted first start leaves nothing half done. Its own rules let everybody
 * in, and no server is started under them.
 */
export async function ensureCluster(folder: string, making: Making, starting: Starting): Promise<boolean> {
  if (existsSync(join(folder, 'PG_VERSION'))) {
    checkVersion(folder, making.binaries);
    return false;
  }
  if (existsSync(folder) && !isEmpty(folder)) {
    throw new StartError(
      `${folder} holds files, but no database: PG_VERSION is missing. Restore a backup, or move the folder away to begin with an empty database.`,
    );
  }
  removeLeftovers(folder);
  const building = mkdtempSync(folder + BUILDING);
  making.as.own(building);
  const words = `The database could not be created in ${folder}`;
  try {
    await build(building, making, (command) => run(command, words, starting));
  } catch (error) {
    remove(building);
    throw error;
  }
  renameSync(building, folder);
  syncFolder(dirname(folder));
  return true;
}

/** Runs one program to its end. */
type Running = (command: ReturnType<RunAs['wrap']>) => Promise<void>;

async function build(building: string, { password, binaries, as }: Making, running: Running): Promise<void> {
  const locale =
    binaries.majorVersion >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8'];
  // Whoever the programs run as reads it, and others may run as that one too: it tells nobody the password.
  const verifier = `${building}.verifier`;
  writeFileSync(verifier, `${verifierOf(password)}\n`, { mode: 0o600 });
  as.own(verifier);
  const options = ['--pgdata', building, '--username', CLUSTER_USER, '--pwfile', verifier];
  const command = as.wrap(join(binaries.folder, 'initdb'), [
    ...options,
    '--auth=trust',
    '--encoding=UTF8',
    '--data-checksums',
    ...locale,
  ]);
  try {
    await running(command);
  } finally {
    rmSync(verifier, { force: true });
  }
}

/** What was given a name in a folder keeps it from now on, whatever becomes of the machine's power. */
function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
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

/** What interrupted starts left. */
function removeLeftovers(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(basename(folder) + BUILDING)) remove(join(parent, name));
  }
}

/** A program that was started may still be writing there: then the rest goes another time. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    return;
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
