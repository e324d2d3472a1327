import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
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
  await expect.poll(async () => (await begun()).body.count, { timeout: 20_000 }).toBe(1);

  const stopped = app[Symbol.asyncDispose]();
  const [code] = (await once(live, 'close')) as [number];
  expect(code).toBe(3001);
  await stopped;
  expect(received).toMatch(/^HTTP\/1\.1 201/);
  expect(received).toContain('"messages":[]');
});
