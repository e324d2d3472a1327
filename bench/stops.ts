import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze, postmasterOf, strangers } from '../e2e/support/hanging.ts';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { emptyFolder } from './support/folders.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';

/** How long a process that is told to stop, or loses its database, takes to end. */
export interface StopFigures {
  readonly what: string;
  readonly seconds: number;
  readonly code: number | null;
}

type Hang = (molva: BenchedMolva, dataFolder: string) => Promise<Disposable>;

const SLOWEST_SECONDS = 10;

/** A stop beside everything that may hang, one after the other; longer than ten seconds is no figure but a fault. */
export async function stopsBench(): Promise<{ readonly sound: boolean; readonly stops: readonly StopFigures[] }> {
  const stops: StopFigures[] = [];
  await using folder = await emptyFolder();
  const measure = async (what: string, hang: Hang, tell = true, settings: Record<string, string> = {}) => {
    await using molva = await startMolva(folder.dataFolder, { settings });
    using _hanging = await hang(molva, folder.dataFolder);
    const began = performance.now();
    if (tell) process.kill(molva.pid, 'SIGTERM');
    const code = await molva.ended;
    const figures = { what, seconds: Math.round((performance.now() - began) / 100) / 10, code };
    process.stderr.write(`${JSON.stringify(figures)}\n`);
    stops.push(figures);
  };

  await measure('nothing', async () => held([]));
  for (const [what, arrive] of Object.entries(strangers)) {
    await measure(what, async ({ port }) => held([await arrive(port)]));
  }
  await measure('a webhook bot that does not answer', async (molva) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const asked = once(server, 'request');
    const chatId = await molva.webhookChat(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const start = { method: 'POST', body: '{"messageBody":"hello"}' };
    void fetch(`http://127.0.0.1:${molva.port}/api/v1/chats/${chatId}/sessions`, start).catch(() => undefined);
    await asked;
    return {
      [Symbol.dispose]() {
        server.closeAllConnections();
        server.close();
      },
    };
  });
  await measure('an embedded database that hangs', async ({ port }, dataFolder) =>
    asking(port, await freeze(await postmasterOf(dataFolder))),
  );
  await measure(
    'no signal, but an embedded database that was killed, beside a connection that never sends a byte',
    async ({ port }, dataFolder) => {
      const socket = await strangers['a connection that never sends a byte'](port);
      process.kill(await postmasterOf(dataFolder), 'SIGKILL');
      return held([socket]);
    },
    false,
  );
  await using external = await ExternalDatabase.open();
  await measure('an external database that hangs', async ({ port }) => asking(port, await freeze(external.pid)), true, {
    MOLVA_DATABASE_URL: external.connectionString,
  });
  return { sound: stops.every(({ seconds }) => seconds <= SLOWEST_SECONDS), stops };
}

function held(sockets: readonly Socket[]): Disposable {
  return {
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A call that waits for the database, so that the stop finds it under way. */
async function asking(port: number, frozen: Disposable): Promise<Disposable> {
  void fetch(`http://127.0.0.1:${port}/demo.json`).catch(() => undefined);
  await sleep(500);
  return frozen;
}
