import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LIVE = '/centrifugo/connection/websocket';
const upgrade =
  `GET ${LIVE} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Callers that leave a server waiting, by what they do. */
export const strangers = {
  'a connection that never sends a byte': (port: number) => stranger(port, ''),
  'half a head': (port: number) => stranger(port, 'GET /api/v1/timestamp HTTP/1.1\r\nHost'),
  'half a body': (port: number) =>
    stranger(port, 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"email"'),
  async 'a socket that answers no close frame'(port: number) {
    const socket = await stranger(port, upgrade);
    await once(socket, 'data');
    return socket;
  },
  async 'a reader that takes nothing'(port: number) {
    const socket = await stranger(port, '');
    socket.pause();
    // More than any system takes in its stead.
    for (let call = 0; call < 100; call++) socket.write('GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n');
    // Until the systems between have taken what they can, and before it is cut off as one that takes nothing.
    await sleep(500);
    return socket;
  },
} as const;

async function stranger(port: number, sent: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
  await once(socket, 'connect');
  if (sent !== '') await new Promise((written) => socket.write(sent, written));
  return socket;
}

/** The number of the embedded database's first process. */
export async function postmasterOf(dataFolder: string): Promise<number> {
  return Number((await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Stops all processes of a database where they stand, as a machine that hangs does; disposing lets them go on. */
export async function freeze(postmaster: number): Promise<Disposable> {
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
  const pids = [postmaster, ...children.trim().split(' ').filter(Boolean).map(Number)];
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch {
        // It is gone.
      }
    }
  };
  signal('SIGSTOP');
  return { [Symbol.dispose]: () => signal('SIGCONT') };
}
