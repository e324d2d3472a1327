import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { LIVE_PATH } from '@molva/contract';
import { Centrifuge } from 'centrifuge';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SkippingClock } from '../../testing/skipping-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

const clock = new SkippingClock();
let app: TestApp;
let chatId: string;
const clients: Centrifuge[] = [];
beforeAll(async () => {
  app = await startTestApp({
    // An address may have ten times as many live commands.
    clock,
    limits: { user: 0, open: 12, starts: 0 },
    connectionsPerAddress: 3,
    trustedProxies: ['127.0.0.1'],
  });
  chatId = await app.chat(echoBlocks);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => app[Symbol.asyncDispose]());

/** A socket as a proxy passes it on for a visitor. */
function socketFrom(address: string): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { headers: { 'x-forwarded-for': address } });
    }
  } as typeof WebSocket;
}
const url = (): string => app.url.replace('http', 'ws') + LIVE_PATH;

async function visitor(address: string, sessionId: string): Promise<Centrifuge> {
  const data = { application: 'widget', settings: { sessions: [sessionId] } };
  const client = new Centrifuge(url(), { websocket: socketFrom(address), data });
  clients.push(client);
  client.connect();
  await client.ready(30_000);
  return client;
}

async function notices(): Promise<Record<string, number>> {
  const text = await app.metrics();
  const found = text.matchAll(/^molva_notices_total\{notice="([^"]+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, notice = '', count]) => [notice, Number(count)]));
}

it('an address that asks too much is told to wait and counted, and nobody else is kept', async () => {
  const { id } = await app.start(chatId);
  // Calls are counted by the minute, which is a new one.
  clock.skip(60_000 - (clock.now() % 60_000));
  const [greedy, modest] = [await visitor('192.0.2.1', id), await visitor('192.0.2.2', id)];
  const asked = await Promise.all(Array.from({ length: 200 }, () => greedy.rpc('typing', { id })));
  const done = asked.filter(({ data }) => (data as { success: boolean }).success);
  // The socket, its connect and the session of it count as well.
  expect(done).toHaveLength(117);
  const refused = { success: false, code: 'too-many-requests', retryAfter: expect.any(Number) as unknown };
  expect(asked.at(-1)?.data).toEqual(refused);
  await expect(greedy.rpc('joinSession', { id })).rejects.toMatchObject({
    code: 429,
    message: 'Too many requests',
    temporary: true,
  });
  expect((await modest.rpc('joinSession', { id })).data).toEqual({ success: true });
  expect((await notices())['live-limited']).toBe(84);
});

it('an address has no more sockets than it may have, and others have theirs', async () => {
  const { id } = await app.start(chatId);
  for (let count = 0; count < 3; count++) await visitor('192.0.2.3', id);
  const fourth = new (socketFrom('192.0.2.3'))(url());
  fourth.on('error', () => undefined);
  const [, answer] = (await once(fourth, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(answer.statusCode).toBe(429);
  await visitor('192.0.2.4', id);
  expect((await notices())['connection-refused']).toBe(1);
  clients[0]?.disconnect();
  await expect
    .poll(() =>
      visitor('192.0.2.3', id).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
});

it('connect data that holds too much is refused with the reason', async () => {
  const sessions = Array.from({ length: 101 }, () => crypto.randomUUID());
  const client = new Centrifuge(url(), {
    websocket: WebSocket,
    data: { application: 'widget', settings: { sessions } },
  });
  clients.push(client);
  const ended = new Promise((resolve) => client.on('disconnected', resolve));
  client.connect();
  expect(await ended).toMatchObject({ code: 3501, reason: expect.stringMatching(/^bad request: settings\.sessions /) });
  const text = await app.metrics();
  expect(text).toContain('molva_live_disconnects_total{code="3501"} 1');
});
