import { originsOf } from '../platform/origins.ts';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { Door, type DoorOptions } from '../http/door.ts';
import { OpenAnswers } from '../http/open-answers.ts';
import { createHttpServer } from '../http/server.ts';
import { systemClock, type Clock, type Elapsed } from '../platform/clock.ts';
import { openLog } from '../platform/log.ts';
import { Notices, type Notice } from '../platform/notices.ts';
import type { Route } from '../platform/route.ts';

/** The HTTP server as it runs, with routes of a test and no application behind it. */
export interface TestServer extends AsyncDisposable {
  /** Below the base of the API. */
  readonly url: string;
  readonly port: number;
  /** Answers that were begun, the newest last. */
  readonly responses: readonly ServerResponse[];
  /** Calls that ended, as `operation status`. */
  readonly observed: readonly string[];
  /** What was noticed, the newest last. */
  readonly told: readonly Notice[];
  /** How many connections stand. */
  connections(): number;
  /** Ends it, waiting so long for calls under way. */
  stop(withinMs: number): Promise<void>;
}

/** Starts a server that serves routes of a test. */
export async function startTestServer(
  routes: readonly Route[],
  clock: Clock & Elapsed = systemClock,
  options: Partial<DoorOptions> = {},
): Promise<TestServer> {
  const observed: string[] = [];
  const responses: ServerResponse[] = [];
  const log = openLog('fatal', false);
  const told: Notice[] = [];
  const notices = new Notices(log, clock, (notice) => told.push(notice));
  const server = await createHttpServer({
    routes,
    identify: async () => ({ id: 7, companyId: 1, roles: [] }),
    isSessionToken: () => false,
    isUserToken: () => true,
    origins: originsOf(['*'], []),
    isIdentityToken: () => false,
    callerOf: ({ socket }) => socket.remoteAddress ?? '',
    proxiesKnown: false,
    limits: { user: 0, open: 0, starts: 0 },
    clock,
    log,
    notices,
    openAnswers: new OpenAnswers(clock, notices),
    observe: (operation, status) => observed.push(`${operation} ${status}`),
  });
  await server.ready();
  const door = new Door({
    clock,
    notices,
    connectionsPerAddress: 0,
    isProxy: () => false,
    speaks: () => false,
    serve(request, response) {
      responses.push(response);
      server.routing(request, response);
    },
    upgrade: (_request, socket) => socket.destroy(),
    ...options,
  });
  await new Promise<void>((resolve) => door.port.listen(0, '127.0.0.1', resolve));
  const { port } = door.port.address() as AddressInfo;
  let ended: Promise<void> | undefined;
  const stop = (withinMs: number): Promise<void> => (ended ??= door.end(systemClock, withinMs));
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    port,
    responses,
    observed,
    stop,
    told,
    connections: () => door.connections,
    async [Symbol.asyncDispose]() {
      await stop(0);
      await server.close();
    },
  };
}

/** Resolves when a figure has stopped to move. */
export async function settled(figure: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = figure();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How long a test waits for what comes at once, where the machine has other things to do. */
export const SOON = { timeout: 60_000 } as const;
