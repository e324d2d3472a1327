import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { operations } from '@molva/contract';
import { afterEach, expect, it } from 'vitest';
import { ok, route } from '../platform/route.ts';
import { SOON, startTestServer, type TestServer } from '../testing/http-server.ts';

const KIB = 1024;
const sockets: { readonly socket: Socket; answer: string }[] = [];
afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.destroy();
});

/** Begins a call, by an address, with a body of 256 KiB of which so many are sent. */
async function begin(server: TestServer, sent: number, localAddress = '127.0.0.1') {
  const socket = connect({ port: server.port, host: '127.0.0.1', localAddress });
  const call = { socket, answer: '' };
  sockets.push(call);
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (call.answer += chunk.toString()));
  await once(socket, 'connect');
  socket.write('POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
  socket.write(`Content-Length: ${256 * KIB}\r\n\r\n${' '.repeat(sent)}`);
  return call;
}

const answered = (): string[] => sockets.map(({ answer }) => /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? '');
const refused = (server: TestServer): number => server.told.filter((notice) => notice === 'body-refused').length;
const served = [route(operations.login, async () => ok({ token: 'a', refreshToken: 'b' }))];

it('bodies that one address sends without an end are bounded in bytes: the oldest are told to wait', async () => {
  await using server = await startTestServer(served);
  // 64 of 255 KiB have room.
  for (let index = 0; index < 64; index++) await begin(server, 255 * KIB);
  const other = await begin(server, 255 * KIB, '127.0.0.2');
  for (let index = 0; index < 8; index++) await begin(server, 255 * KIB);
  await expect.poll(() => answered().filter((status) => status === '429').length, SOON).toBe(8);
  expect(answered().slice(0, 8)).toEqual(Array.from({ length: 8 }, () => '429'));
  expect(refused(server)).toBe(8);
  const head = sockets[0]?.answer.toLowerCase();
  for (const line of ['retry-after: 2', 'x-error-code: too-many-requests', 'connection: close'])
    expect(head).toContain(line);
  // Who is another, and who comes to the end, is served.
  const last = sockets.at(-1);
  for (const call of [other, last])
    call?.socket.write(`${' '.repeat(KIB - 27)}{"email":"a","password":"b"}`.slice(-KIB));
  await expect
    .poll(() => [other.answer, last?.answer].map((answer) => answer?.slice(9, 12)), SOON)
    .toEqual(['200', '200']);
});
