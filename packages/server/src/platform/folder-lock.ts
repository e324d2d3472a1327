import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, listenAlive } from './alive.ts';
import { processRealm, processStart } from './processes.ts';
import { StartError } from './start-error.ts';

/** Whoever was killed a moment ago may take this long to be gone, and whoever takes the lock to write its name. */
const GRACE_MS = 2_000;
const POLL_MS = 25;

/**
 * Takes a folder for this process. The file names the process, when it began and in which boot and PID namespace, so
 * that a number used again is not taken for the old holder. A holder whose number cannot be looked up from here, in
 * another container, is asked over a socket beside the file, which the system closes when it dies.
 * @param grace milliseconds within which a holder may come to its end before this start is refused
 */
export async function lockFolder(path: string, folder: string, grace = GRACE_MS): Promise<AsyncDisposable> {
  const deadline = performance.now() + grace;
  for (;;) {
    const file = await create(path);
    if (file !== undefined) return hold(file, path);
    const words = await readFile(path, 'utf8').catch(() => undefined);
    if (words === undefined) continue;
    const holder = await findHolder(path, words, grace);
    if (holder === undefined) await removeStale(path, words);
    else if (performance.now() > deadline) {
      throw new StartError(
        `The data folder ${folder} is in use by ${holder}. Stop that Molva first, or set MOLVA_DATA_DIR to another folder.`,
      );
    } else await sleep(POLL_MS);
  }
}

function create(path: string): Promise<FileHandle | undefined> {
  return open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
}

async function hold(file: FileHandle, path: string): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(path, { force: true }));
  await file.writeFile(`${process.pid} ${processStart(process.pid) ?? ''} ${processRealm()}\n`);
  await file.close();
  opened.use(await listenAlive(path));
  const held = opened.move();
  return { [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Who holds the lock, as a person may look for it; undefined where nobody does any more. */
async function findHolder(path: string, words: string, grace: number): Promise<string | undefined> {
  // Cut short by a power failure, or not written yet.
  if (words.trim() === '') return (await age(path)) < grace ? 'a process that begins' : undefined;
  const parts = words.trim().split(' ');
  const pid = parts[0] ?? '';
  // Where the system has no such number the start is several words, and no realm is told.
  const realm = parts.at(-1)?.includes('/') === true ? parts.pop() : undefined;
  if (realm === undefined || realm === processRealm()) {
    const began = /^\d+$/.test(pid) ? processStart(Number(pid)) : undefined;
    return began !== undefined && began === parts.slice(1).join(' ') ? `process ${pid}` : undefined;
  }
  return (await answers(path)) ? `a process of another container (there it is process ${pid})` : undefined;
}

async function age(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? Number.POSITIVE_INFINITY : Date.now() - found.mtimeMs;
}

/** Another start may have removed it and taken the lock since it was read: then its file is put back. */
async function removeStale(path: string, words: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, 'utf8')) === words) await rm(aside, { force: true });
  else await rename(aside, path);
}
