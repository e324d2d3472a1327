import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { DatabaseConnection } from '../platform/database.ts';

/** The answer to a statement that is being held back. */
export interface HeldAnswer {
  /** Resolves once the database has answered. */
  readonly answered: Promise<void>;
  release(): void;
}

/** The line to a database, in the hands of a test: a real one at the other end, and delays as networks have them. */
export interface Wire extends AsyncDisposable {
  /** Leads to the same database. */
  readonly connection: DatabaseConnection;
  /** Holds back what the database answers to the next statement that has this text in it or in its values. */
  hold(text: string): HeldAnswer;
  /** Lets nothing more through on the connections there are, and closes none; new ones are as before. */
  swallow(): void;
  /** Lets nothing through on new ones either, as a network that loses all it is given, until disposed. */
  mute(): Disposable;
}

interface Holding {
  readonly text: string;
  readonly answered: () => void;
  readonly released: Promise<void>;
}

/** Opens a line to a database. */
export async function openWire(to: DatabaseConnection): Promise<Wire> {
  const lines = new Set<{ swallowed: boolean; readonly ends: readonly Socket[] }>();
  let holding: Holding | undefined;
  let muted = false;
  const server = createServer((client) => {
    const database = reach(to);
    const line = { swallowed: muted, ends: [client, database] };
    lines.add(line);
    let held: Holding | undefined;
    client.on('data', (chunk) => {
      if (line.swallowed) return;
      if (holding !== undefined && chunk.includes(holding.text)) [held, holding] = [holding, undefined];
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (line.swallowed) return;
      if (held === undefined) return void client.write(chunk);
      held.answered();
      void held.released.then(() => client.write(chunk));
    });
    for (const [end, other] of [
      [client, database],
      [database, client],
    ] as const) {
      end.on('error', () => undefined);
      end.on('close', () => {
        lines.delete(line);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const swallow = (): void => {
    for (const line of lines) line.swallowed = true;
  };
  return {
    connection: { connectionString: throughPort(to, port) },
    hold(text) {
      const answered = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holding = { text, answered: answered.resolve, released: released.promise };
      return { answered: answered.promise, release: released.resolve };
    },
    swallow,
    mute() {
      muted = true;
      swallow();
      return { [Symbol.dispose]: () => void (muted = false) };
    },
    async [Symbol.asyncDispose]() {
      for (const { ends } of lines) for (const end of ends) end.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function reach(to: DatabaseConnection): Socket {
  if (!('connectionString' in to)) return connect(`${to.host}/.s.PGSQL.5432`);
  const { hostname, port } = new URL(to.connectionString);
  return connect(Number(port), hostname);
}

function throughPort(to: DatabaseConnection, port: number): string {
  if (!('connectionString' in to)) return `postgres://${to.user}:${to.password ?? ''}@127.0.0.1:${port}/${to.database}`;
  const url = new URL(to.connectionString);
  url.host = `127.0.0.1:${port}`;
  return url.href;
}
