import { once } from 'node:events';
import { connect } from 'node:net';
import { notifyEvents, type ListPage, type Message } from '@molva/contract';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openDatabase } from './platform/database.ts';
import { json, startReceiver } from './testing/receiver.ts';
import { startTestApp } from './testing/test-app.ts';

it('a stop finishes what is under way, tells the rest, and sends live clients away to come back', async () => {
  const app = await startTestApp();
  const port = Number(new URL(app.url).port);
  const chatId = await app.chat({
    start: { type: 'start', next: 'pause' },
    pause: { type: 'pause', seconds: 5, next: 'hello' },
    hello: { type: 'question', text: 'Hello' },
  });
  const live = new WebSocket(`ws://127.0.0.1:${port}/centrifugo/connection/websocket`);
  await once(live, 'open');
  live.send('{"id":1,"connect":{"data":{"application":"widget","settings":{"sessions":[]}}}}');
  await once(live, 'message');

  // A start that is kept waiting by its bot's pause, on a connection that asks again as soon as it is answered.
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  const request = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
  socket.write(request(`/api/v1/chats/${chatId}/sessions`));
  const begun = () => app.call<{ count: number }>('GET', '/sessions', undefined, app.admin);
  await expect.poll(async () => (await begun()).body.count).toBe(1);

  const stopped = app[Symbol.asyncDispose]();
  const [code] = (await once(live, 'close')) as [number];
  expect(code).toBe(3001);
  await stopped;
  expect(received).toMatch(/^HTTP\/1\.1 201/);
  expect(received).toContain('"messages":[]');
});

it('what a stop calls off is no try: the next process asks the bot and makes the call, as if nothing had been', async () => {
  const says: string[] = [];
  let speaks = false;
  await using integrator = await startReceiver(({ path }, response) => {
    if (speaks && path === '/bot') json(response, { messages: says.splice(0).map((body) => ({ body })) });
  });
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 1, () => undefined);
  const webhook = { url: `${integrator.url}/bot`, secret: 'a secret of sixteen' };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Bot', webhook }, app.admin);
  const calls = { eventCallbackUrl: `${integrator.url}/calls`, notifyOnEvents: Object.keys(notifyEvents) };
  const chat = { name: 'Chat', botId: bot.body.id, ...calls };
  const { body: made } = await app.call<{ id: string }>('POST', '/chats', chat, app.admin);
  const session = await app.begun(made.id, 'hello');
  const callsTo = (path: string) => integrator.received.filter((call) => call.path === path);
  await expect.poll(() => [callsTo('/bot').length, callsTo('/calls').length]).toEqual([1, 1]);

  speaks = true;
  says.push('Here again');
  await app.restart();
  await expect.poll(() => callsTo('/calls').length).toBeGreaterThan(1);
  await expect.poll(() => callsTo('/bot').length).toBeGreaterThan(1);
  const [first, again] = callsTo('/bot');
  expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  const text = 'select min(attempts) as least, max(attempts) as most from deliveries';
  expect(await database.query({ text }, [])).toEqual([{ least: 0, most: 0 }]);
  const said = async (): Promise<string[]> => {
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages`);
    return body.items.map(({ body: text }) => text);
  };
  await expect.poll(said).toEqual(['hello', 'Here again']);
});
