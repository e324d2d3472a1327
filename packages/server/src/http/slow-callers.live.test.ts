import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { operations } from '@molva/contract';
import { expect, it } from 'vitest';
import { ok, route } from '../platform/route.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SOON, startTestServer, type TestServer } from '../testing/http-server.ts';
import { WAITS } from './waits.ts';

async function open({ port }: TestServer, sent = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  if (sent !== '') socket.write(sent);
  return socket;
}

const HALF_BODY = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{';

it('who never says a word, or says it too slowly, is cut off, whether it hangs up or not', async () => {
  const clock = new FakeClock(Date.now());
  const routes = [route(operations.login, async () => ok({ token: '', refreshToken: '' }))];
  await using server = await startTestServer(routes, clock, { waits: { headers: 300, look: 50 } });
  const sockets: Socket[] = [];
  const some = (sent: string, drip: string): Promise<void>[] =>
    Array.from({ length: 10 }, async () => {
      const socket = await open(server, sent);
      // Not even the end of the server's side is taken.
      socket.allowHalfOpen = true;
      sockets.push(socket);
      if (drip === '') return;
      const dripping = setInterval(() => socket.write(drip), 40);
      socket.once('close', () => clearInterval(dripping));
    });
  await Promise.all([...some('', ''), ...some('GET / HTTP/1.1\r\nX: ', 'x'), ...some('GET /', '')]);
  await expect.poll(() => server.told.filter((notice) => notice === 'sender-cut').length, SOON).toBe(20);
  clock.advance(WAITS.parting);
  await expect.poll(() => server.connections(), SOON).toBe(0);

  // A body that nobody reads, and one that somebody waits for.
  await Promise.all([...some(HALF_BODY.replace('/auth/login', '/none'), 'x'), ...some(HALF_BODY, ' ')]);
  await expect.poll(() => server.responses.length, SOON).toBe(20);
  for (let second = 0; second < WAITS.json / 1000 + 10; second++) {
    clock.advance(1000);
    await new Promise((next) => setTimeout(next, 5));
  }
  await expect.poll(() => server.connections(), SOON).toBe(0);
  for (const socket of sockets) socket.destroy();
});

const LARGE = 'x'.repeat(8 * 1024 * 1024);
const GET = 'GET /api/v1/timestamp HTTP/1.1\r\nHost: x\r\n\r\n';

/** Calls over connections that never read. */
async function call(server: TestServer, count: number): Promise<Socket[]> {
  const before = server.responses.length;
  const sockets = await Promise.all(Array.from({ length: count }, () => open(server)));
  for (const socket of sockets) socket.pause().write(GET);
  await expect.poll(() => server.responses.length, SOON).toBe(before + count);
  await expect.poll(() => server.responses.every(({ writableEnded }) => writableEnded), SOON).toBe(true);
  return sockets;
}

it('answers that nobody takes are bounded in bytes, and kept for a time', async () => {
  const clock = new FakeClock(Date.now());
  const routes = [route(operations.getTimestamp, async () => ok({ timestamp: LARGE as never }))];
  await using server = await startTestServer(routes, clock);
  const cut = (): number => server.told.filter((notice) => notice === 'reader-cut').length;
  // Ten have eighty megabytes, of which the system takes a part.
  const sockets = await call(server, 10);
  await expect.poll(() => server.connections(), SOON).toBe(10 - cut());
  expect(cut()).toBeGreaterThan(0);
  const kept = server.connections();
  expect(kept).toBeGreaterThan(4);
  // Who takes them meanwhile gets them whole.
  const reader = sockets.find(({ destroyed, readyState }) => !destroyed && readyState === 'open');
  clock.advance(WAITS.answer - 1);
  await expect.poll(() => server.connections(), SOON).toBe(kept);
  clock.advance(1);
  await expect.poll(() => server.connections(), SOON).toBe(0);
  reader?.destroy();
  for (const socket of sockets) socket.destroy();
});

it('one address has only some connections, and a proxy as many as it has visitors', async () => {
  await using server = await startTestServer([], new FakeClock(0), { connectionsPerAddress: 3 });
  const some = await Promise.all([open(server), open(server), open(server)]);
  await once(await open(server), 'close');
  expect([server.connections(), server.told]).toEqual([3, ['connection-refused']]);
  some[0]?.destroy();
  await expect.poll(() => server.connections(), SOON).toBe(2);
  some.push(await open(server, 'GET'));
  await expect.poll(() => server.connections(), SOON).toBe(3);
  for (const socket of some) socket.destroy();

  await using behind = await startTestServer([], new FakeClock(0), { connectionsPerAddress: 3, isProxy: () => true });
  const many = await Promise.all(Array.from({ length: 5 }, () => open(behind)));
  await expect.poll(() => behind.connections(), SOON).toBe(5);
  for (const socket of many) socket.destroy();
});

it('an answer that is made and still being taken is finished at a stop', async () => {
  const clock = new FakeClock(0);
  await using server = await startTestServer([route(operations.getTimestamp, async () => ok(LARGE))], clock);
  const [socket] = await call(server, 1);
  const stopped = server.stop(20_000);
  let length = 0;
  socket?.on('data', (chunk: Buffer) => (length += chunk.length)).resume();
  await stopped;
  expect(length).toBeGreaterThan(LARGE.length);
});
