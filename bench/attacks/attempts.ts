import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { callOnce, callRequest, maskedFrame, openLive, openSocket, upgradeRequest } from '../support/wire.ts';

/** Whom an attack is made on. */
export interface Target {
  readonly port: number;
  /** A chat with a bot that echoes. */
  readonly chatId: string;
  /** Chats of one bot author whose bots cost much. */
  readonly costlyChats: readonly string[];
  /** The header of one operator. */
  readonly authorization: string;
}

type Attack = (target: Target) => Promise<void>;

/** The one address all attacks come from. */
const FROM = '127.0.0.2';
const LIVE = '/centrifugo/connection/websocket';
/** What an attacker keeps unsent at most, so that it does not end itself. */
const UNSENT = 64 * 1024 * 1024;
/** How long it waits for an answer that it reads. */
const PATIENCE_MS = 30_000;

/** Goes on with something by so many at a time, whatever becomes of each. */
async function forEver(atATime: number, work: (round: number) => Promise<unknown>): Promise<void> {
  let round = 0;
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (;;) {
        const began = performance.now();
        await work(round++).catch(() => undefined);
        // Who is refused at once would else measure this process instead of the other.
        if (performance.now() - began < 1) await sleep(1);
      }
    }),
  );
}

/** Ports an attack calls from, in turn: a system that looks for a free one itself spends the attack's time on that. */
const PORTS = { first: 2000, last: 32_000 };
let lastPort = PORTS.first;

async function open(port: number): Promise<Socket> {
  lastPort = lastPort >= PORTS.last ? PORTS.first : lastPort + 1;
  const socket = await openSocket(port, FROM, lastPort);
  socket.on('error', () => undefined);
  return socket;
}

/** One call whose answer is read. */
function call(port: number, request: string): Promise<string> {
  return callOnce(port, FROM, request, PATIENCE_MS);
}

/** Variables of so many bytes, in small pieces. */
function variables(bytes: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: Math.floor(bytes / 80) }, (_, index) => [`variable_${index}`, 'x'.repeat(60)]),
  );
}

/** Keeps so many connections in a state, and makes those anew that are ended. */
function holding(count: number, begin: (socket: Socket) => void): Attack {
  return ({ port }) =>
    forEver(count, async () => {
      const socket = await open(port);
      begin(socket);
      await new Promise((resolve) => socket.once('close', resolve));
    });
}

/** What one caller can do, each until it is ended. */
export const attacks = {
  'commands without end on one socket': ({ port }) =>
    forEver(1, async () => {
      const socket = await openLive(port, LIVE, { application: 'widget', settings: {} }, FROM);
      socket.on('error', () => undefined).resume();
      const gone = new Promise((resolve) => socket.once('close', resolve));
      const frame = Buffer.concat(
        Array.from({ length: 500 }, (_, index) =>
          maskedFrame(JSON.stringify({ id: index + 2, rpc: { method: 'nothing', data: { text: 'x'.repeat(400) } } })),
        ),
      );
      while (!socket.destroyed) {
        if (socket.writableLength > UNSENT) await sleep(5);
        else socket.write(frame);
        await new Promise(setImmediate);
      }
      await gone;
    }),
  'answers that nobody reads': ({ port }) =>
    forEver(500, async () => {
      const socket = await open(port);
      socket.pause();
      socket.write(callRequest('GET', '/api/v1/openapi.json', '').repeat(8));
      await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(60_000)]);
      socket.destroy();
    }),
  'starts with all the variables there may be': ({ port, chatId }) => {
    const sizes = [1_400_000, 250_000, 60_000].map((bytes) =>
      callRequest('POST', `/api/v1/chats/${chatId}/sessions`, JSON.stringify({ variables: variables(bytes) })),
    );
    return forEver(8, (round) => call(port, sizes[round % sizes.length] as string));
  },
  'ten great sessions that go on': async ({ port, chatId }) => {
    const ids: string[] = [];
    for (const bytes of [250_000, 60_000]) {
      for (let count = 0; count < 10; count++) {
        const start = JSON.stringify({ variables: variables(bytes) });
        const answer = await call(port, callRequest('POST', `/api/v1/chats/${chatId}/sessions`, start));
        const id = /"id":"([0-9a-f-]{36})"/.exec(answer)?.[1];
        if (id !== undefined) ids.push(id);
      }
      if (ids.length > 0) break;
    }
    const body = JSON.stringify({ body: 'Go on' });
    await forEver(10, (round) =>
      call(port, callRequest('POST', `/api/v1/sessions/${ids[round % ids.length]}/clients/messages`, body)),
    );
  },
  'sockets cut while they connect': ({ port, chatId }) =>
    forEver(16, async () => {
      const socket = await open(port);
      socket.write(upgradeRequest(LIVE));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write(
        maskedFrame(
          JSON.stringify({ id: 1, connect: { data: { application: 'widget', settings: { sessions: [chatId] } } } }),
        ),
      );
      await sleep(Math.random() * 4);
      socket.resetAndDestroy();
    }),
  'resets at every stage': ({ port }) => {
    const stages = [
      '',
      'GET /api/v1/openapi.json HT',
      callRequest('POST', '/api/v1/auth/login', '{"email":"a').slice(0, -4),
      upgradeRequest(LIVE, 'Origin: https://elsewhere.example\r\n'),
      upgradeRequest('/elsewhere'),
      upgradeRequest(LIVE),
    ];
    return forEver(16, async (round) => {
      const socket = await open(port);
      socket.write(stages[round % stages.length] as string);
      await sleep(Math.random() * 2);
      socket.resetAndDestroy();
    });
  },
  'five thousand connections that say nothing': holding(5000, () => undefined),
  'five thousand calls that never end': holding(5000, (socket) => {
    socket.write('POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{');
  }),
  'two thousand live sockets': holding(2000, (socket) => {
    socket.resume().write(upgradeRequest(LIVE));
    socket.once('data', () => socket.write(maskedFrame(JSON.stringify({ id: 1, connect: { data: {} } }))));
  }),
  'malformed bodies and unknown addresses': ({ port }) =>
    forEver(16, (round) =>
      call(
        port,
        round % 2 === 0
          ? callRequest('POST', '/api/v1/auth/login', '{'.repeat(10_000))
          : callRequest('GET', `/api/v1/${round}`, ''),
      ),
    ),
  'forty lists of one operator': ({ port, authorization }) =>
    forEver(40, (round) =>
      call(
        port,
        callRequest(
          'GET',
          `/api/v1/sessions?keyword=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7&sort=name&limit=100&offset=${round % 50}`,
          '',
          `Authorization: ${authorization}\r\n`,
        ),
      ),
    ),
  'bots that cost much': ({ port, costlyChats }) =>
    forEver(4, async (round) => {
      const chat = costlyChats[round % costlyChats.length];
      const answer = await call(port, callRequest('POST', `/api/v1/chats/${chat}/sessions`, '{}'));
      const id = /"id":"([0-9a-f-]{36})"/.exec(answer)?.[1];
      const body = JSON.stringify({ body: 'слово '.repeat(600) });
      if (id !== undefined) await call(port, callRequest('POST', `/api/v1/sessions/${id}/clients/messages`, body));
    }),
} satisfies Record<string, Attack>;

/** The name of an attack. */
export type AttackName = keyof typeof attacks;
