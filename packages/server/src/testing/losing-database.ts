import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseConnection } from '../platform/database.ts';

/** A real database behind a connection that can break at the worst moment. */
export interface LosingDatabase extends AsyncDisposable {
  readonly connection: DatabaseConnection;
  /** How many answers were lost. */
  readonly lost: number;
  /** The next statement whose text or values hold these words is done; its connection breaks before the answer. */
  loseAnswerTo(words: string): void;
  /** Breaks all connections, and refuses new ones until `open` is called. */
  shut(): void;
  open(): void;
}

const POSTGRES_PORT = 5432;
/** The last message of every answer: the server is ready for the next statement, outside a transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Stands between Molva and a database, as a network does. */
export async function openLosingDatabase(behind: DatabaseConnection): Promise<LosingDatabase> {
  let doomed: Buffer | undefined;
  let lost = 0;
  let isShut = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isShut) return void client.destroy();
    const upstream = connect(addressOf(behind));
    let losing = false;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (doomed !== undefined && chunk.includes(doomed)) {
        doomed = undefined;
        losing = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!losing) return void client.write(chunk);
      if (!chunk.subarray(-READY.length).equals(READY)) return;
      lost++;
      client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    connection: connectionThrough(behind, port),
    get lost() {
      return lost;
    },
    loseAnswerTo(words) {
      doomed = Buffer.from(words);
    },
    shut() {
      isShut = true;
      breakAll();
    },
    open() {
      isShut = false;
    },
    async [Symbol.asyncDispose]() {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}

function addressOf(behind: DatabaseConnection): { path: string } | { host: string; port: number } {
  if ('host' in behind) return { path: join(behind.host, `.s.PGSQL.${POSTGRES_PORT}`) };
  const { hostname, port } = new URL(behind.connectionString);
  return { host: hostname, port: Number(port) };
}

function connectionThrough(behind: DatabaseConnection, port: number): DatabaseConnection {
  if ('host' in behind)
    return {
      connectionString: `postgres://${behind.user}:${behind.password ?? ''}@127.0.0.1:${port}/${behind.database}`,
    };
  const url = new URL(behind.connectionString);
  url.host = `127.0.0.1:${port}`;
  return { connectionString: url.href };
}
