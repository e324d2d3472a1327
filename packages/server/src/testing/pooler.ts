import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { DatabaseConnection } from '../platform/database.ts';

/** What a pooler says to a client that wants settings, in the words of PgBouncer. */
const REFUSAL = ['SFATAL', 'C08P01', 'Munsupported startup parameter: options', ''].join('\0') + '\0';
/** The head of the message that names the process at the other end. */
const KEY_DATA = Buffer.from([0x4b, 0, 0, 0, 12]);

/** How a pooler greets: it names itself as the process at the other end, and may take no settings. */
export interface PoolerManners {
  readonly refusesSettings: boolean;
}

/** Stands before a database and greets as a pooler does; what is said then passes as it is. */
export async function openPooler(
  to: DatabaseConnection,
  { refusesSettings }: PoolerManners,
): Promise<AsyncDisposable & { readonly connectionString: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const database = 'host' in to ? connect(`${to.host}/.s.PGSQL.5432`) : connect(portOf(to), '127.0.0.1');
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    client.once('data', (startup: Buffer): void => {
      if (refusesSettings && startup.includes('\0options\0')) {
        const length = Buffer.alloc(4);
        length.writeInt32BE(REFUSAL.length + 4);
        client.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(REFUSAL)]));
        return;
      }
      database.write(startup);
      client.on('data', (chunk) => database.write(chunk));
    });
    database.on('data', (chunk: Buffer) => {
      const at = chunk.indexOf(KEY_DATA);
      if (at >= 0) chunk.writeInt32BE(1, at + KEY_DATA.length);
      client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const named =
    'host' in to ? `postgres://${to.user}:${to.password ?? ''}@127.0.0.1/${to.database}` : to.connectionString;
  const url = new URL(named);
  url.port = String(port);
  return {
    connectionString: url.href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function portOf({ connectionString }: { readonly connectionString: string }): number {
  return Number(new URL(connectionString).port);
}
