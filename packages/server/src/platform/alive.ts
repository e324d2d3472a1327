import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** Longest path of a socket that every system takes. */
const LONGEST = 100;

const nothing = (): void => undefined;
const nobody = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);

/**
 * Shows that this process lives: a socket beside its lock, which whoever shares the file system can reach, from another
 * container too, and which the system closes with the process. Where the path is too long there is none.
 */
export async function listenAlive(lock: string): Promise<AsyncDisposable> {
  const path = socketOf(lock);
  // Who asks and is gone, or cannot be taken, ends nothing.
  const server = createServer((socket) => socket.on('error', nothing).destroy()).on('error', nothing);
  if (path.length <= LONGEST) {
    rmSync(path, { force: true });
    server.listen(path).unref();
    await once(server, 'listening').catch(() => undefined);
  }
  return {
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** Whether whoever took a lock still lives. */
export async function answers(lock: string): Promise<boolean> {
  const path = socketOf(lock);
  if (path.length > LONGEST) return false;
  const socket = connect(path).on('error', nothing);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !nobody.has((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    socket.destroy();
  }
}

function socketOf(lock: string): string {
  return `${lock}.socket`;
}
