import { constants, copyFile, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { StartError } from '../start-error.ts';
import type { RunAs } from './run-as.ts';

/** Copies that are kept beside a cluster: of before the last upgrade, and of before the one before it. */
const KEPT = 2;
/** Between the cluster's name and what the copy is of. */
const BEFORE = '-before-';
const UNFINISHED = '.new';
/** What is left free beside a copy: the upgrade itself needs room. */
const SPARE_BYTES = 256 * 1024 * 1024;
/** Files that are sent to the disk together, which costs hardly more than one. */
const AT_ONCE = 64;
const MIB = 1024 * 1024;

/** What a file system has left: blocks, and the bytes of one. */
interface Room {
  readonly bavail: number;
  readonly bsize: number;
}

/**
 * Keeps a copy of a cluster whose server is stopped, beside it and under a name that tells what it is of. It has its
 * name only when it is whole and on the disk. The older ones are removed when it is; where there is no room nothing is.
 */
export async function keepCopy(
  folder: string,
  name: string,
  as: RunAs,
  tell: (sentence: string) => void,
  roomOf: (path: string) => Promise<Room> = statfs,
): Promise<void> {
  const copy = `${folder}${BEFORE}${name}`;
  const building = `${copy}${UNFINISHED}`;
  await removeOld(folder, (found) => found.endsWith(UNFINISHED));
  const bytes = await weigh(folder);
  await checkRoom(dirname(folder), bytes, roomOf);
  tell(`a copy of the database is being made before the upgrade: ${mib(bytes)} MiB`);
  try {
    await copyTree(folder, building, as);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw new StartError(
      `The copy before the upgrade could not be made in ${building}: ${(error as Error).message}. Nothing was changed; with a backup of your own start with MOLVA_UPGRADE_COPY=false.`,
    );
  }
  await rm(copy, { recursive: true, force: true });
  await rename(building, copy);
  await sync(dirname(copy));
  const kept = await copiesOf(folder);
  await removeOld(folder, (found) => !kept.slice(0, KEPT).includes(found));
  tell(
    `the database as it was before the upgrade is kept in ${copy}; to go back, stop Molva, put it in the place of ${folder} and start the version of before`,
  );
}

/** The names of whole copies beside a cluster, the newest first. */
async function copiesOf(folder: string): Promise<string[]> {
  const names = (await readdir(dirname(folder))).filter(
    (name) => name.startsWith(basename(folder) + BEFORE) && !name.endsWith(UNFINISHED),
  );
  const dated = await Promise.all(
    names.map(async (name) => ({ name, made: (await stat(join(dirname(folder), name))).ctimeMs })),
  );
  return dated.toSorted((a, b) => b.made - a.made).map(({ name }) => name);
}

async function removeOld(folder: string, old: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(basename(folder) + BEFORE) || !old(name)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

async function checkRoom(parent: string, bytes: number, roomOf: (path: string) => Promise<Room>): Promise<void> {
  const { bavail, bsize } = await roomOf(parent);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  throw new StartError(
    `Before an upgrade a copy of the database is kept: it needs ${mib(bytes + SPARE_BYTES)} MiB, and ${parent} has ${mib(free)} MiB left. Make room, or make a backup of your own and start with MOLVA_UPGRADE_COPY=false. Nothing was changed.`,
  );
}

function mib(bytes: number): number {
  return Math.ceil(bytes / MIB);
}

async function weigh(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/** Copies files and folders, by sharing their blocks where the file system can; then all of it goes to the disk. */
async function copyTree(from: string, to: string, as: RunAs): Promise<void> {
  await mkdir(to, { mode: (await stat(from)).mode & 0o777 });
  as.own(to);
  const made = [to];
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    const source = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, source));
    if (entry.isDirectory()) await mkdir(target, { mode: (await stat(source)).mode & 0o777 });
    else await copyFile(source, target, constants.COPYFILE_FICLONE);
    as.own(target);
    made.push(target);
  }
  while (made.length > 0) await Promise.all(made.splice(0, AT_ONCE).map(sync));
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
