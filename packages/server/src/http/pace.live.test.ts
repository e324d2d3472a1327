import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { operations } from '@molva/contract';
import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { settled, SOON, startTestServer, type TestServer } from '../testing/http-server.ts';

const CALL = 'GET /api/v1/timestamp HTTP/1.1\r\nHost: x\r\n\r\n';
const routes = [
  { operation: operations.getTimestamp, serve: async () => ({ status: 200, body: { timestamp: 0 } }) },
] as const;

/** Opens connections that call at once. */
async function open(server: TestServer, count: number, from = '127.0.0.1'): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => undefined).resume();
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(CALL);
  return sockets;
}

it('whoever opens many connections at once waits behind itself, and nobody else does', async () => {
  const clock = new FakeClock(0);
  await using server = await startTestServer(routes, clock, { connectionsPerAddress: 100 });
  const sockets = await open(server, 20);
  await expect.poll(() => server.connections(), SOON).toBe(20);
  const first = await settled(() => server.responses.length);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(20);
  const [other] = await open(server, 1, '127.0.0.3');
  await expect.poll(() => server.responses.length, SOON).toBe(first + 1);
  clock.advance(1_000);
  await expect.poll(() => server.responses.length, SOON).toBe(21);
  expect(server.told).toEqual([]);
  for (const socket of [...sockets, other]) socket?.destroy();
});

it('a line of one address has an end: who comes then is refused and counted', async () => {
  await using server = await startTestServer(routes, new FakeClock(0), { connectionsPerAddress: 5_000 });
  const sockets = await open(server, 1_100);
  await expect.poll(() => server.connections() + server.told.length, SOON).toBe(1_100);
  expect(server.connections()).toBeGreaterThanOrEqual(512);
  expect(new Set(server.told)).toEqual(new Set(['connection-refused']));
  const [other] = await open(server, 1, '127.0.0.3');
  await expect
    .poll(() => server.responses.some(({ req }) => req.socket.remoteAddress === '127.0.0.3'), SOON)
    .toBe(true);
  for (const socket of [...sockets, other]) socket?.destroy();
});

it('a proxy brings its visitors as fast as they come', async () => {
  await using server = await startTestServer(routes, new FakeClock(0), {
    connectionsPerAddress: 100,
    isProxy: () => true,
  });
  const sockets = await open(server, 20);
  await expect.poll(() => server.responses.length, SOON).toBe(20);
  for (const socket of sockets) socket.destroy();
});

it('connections that wait in line are sent away at a stop', async () => {
  await using server = await startTestServer(routes, new FakeClock(0), { connectionsPerAddress: 100 });
  const sockets = await open(server, 20);
  await expect.poll(() => server.connections(), SOON).toBe(20);
  await server.stop(20_000);
  expect(server.connections()).toBe(0);
  for (const socket of sockets) socket.destroy();
});
