import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LIVE_PATH } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let port: number;
beforeAll(async () => {
  app = await startTestApp();
  port = Number(new URL(app.url).port);
});
afterAll(() => app[Symbol.asyncDispose]());

const upgrade = (path: string, protocol: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
  `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;

/** What a caller has sent, and whether it has heard something, when it is gone. */
const stages: readonly (readonly [stage: string, sent: string, heard: boolean])[] = [
  ['before any byte', '', false],
  ['half a request line', 'GET /api/v1/time', false],
  ['half a head', 'GET /api/v1/timestamp HTTP/1.1\r\nHost', false],
  ['half a body', 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"email"', false],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', false],
  ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', false],
  ['a socket of a foreign origin', upgrade(LIVE_PATH, 'websocket', 'Origin: https://foreign.example\r\n'), false],
  ['a socket at another path', upgrade('/other', 'websocket'), false],
  ['an upgrade to something else', upgrade('/', 'h2c'), false],
  ['a socket that is let in', upgrade(LIVE_PATH, 'websocket'), false],
  ['a socket that was let in', upgrade(LIVE_PATH, 'websocket'), true],
];

async function open(sent: string): Promise<{ readonly socket: Socket; readonly received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'connect');
  if (sent !== '') await new Promise((written) => socket.write(sent, written));
  return { socket, received: () => text };
}

it.each(stages)('connections that are reset at any stage do no harm: %s', async (_stage, sent, heard) => {
  for (let batch = 0; batch < 10; batch++) {
    const some = Array.from({ length: 10 }, async (_, index) => {
      const { socket } = await open(sent);
      if (heard) await once(socket, 'data');
      // Some are gone while the server is at it, some when it has answered.
      for (let turn = 0; turn < index; turn++) await new Promise((next) => setImmediate(next));
      socket.resetAndDestroy();
    });
    await Promise.all(some);
  }
  expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
});

describe('an upgrade that is not spoken here', () => {
  it.each(['h2c', 'TLS/1.0', 'websocket'])('is ignored, and the call is answered: %s', async (protocol) => {
    const body = JSON.stringify({ email: 'a@b', password: 'wrong password' });
    const { socket, received } = await open(
      `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\n` +
        `HTTP2-Settings: AAEAAEAAAAIAAAAB\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(received).toContain('wrong-credentials');
    expect(received()).toMatch(/^HTTP\/1\.1 401 /);
    // It is a connection like any other.
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(received).toContain('{"status":"live"}');
    socket.destroy();
  });

  it('at the address of sockets is told what that is for', async () => {
    for (const request of [`GET ${LIVE_PATH}?x=1 HTTP/1.1\r\nHost: x\r\n\r\n`, upgrade(LIVE_PATH, 'h2c')]) {
      const { socket, received } = await open(request);
      await expect.poll(received).toContain('This address takes WebSocket connections');
      expect(received()).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
      expect(received()).toContain('x-error-code: upgrade-required');
      expect(received()).toContain('upgrade: websocket');
      socket.destroy();
    }
  });
});

it('a slash too many in an address is none', async () => {
  for (const path of ['/api/v1/timestamp/', '/api/v1//timestamp', '//api/v1/timestamp?x=1']) {
    const { socket, received } = await open(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(received).toMatch(/^HTTP\/1\.1 200 [^]*"timestamp"/);
    socket.destroy();
  }
  const wrong = await fetch(`${app.url}/api/v1//timestamp/`, { method: 'DELETE' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('a connection is kept longer than a balancer keeps it, which calls over one that is being closed', async () => {
  const answer = await fetch(`${app.url}/health/live`);
  expect(Number(/timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(65);
});

it('who was refused is counted', async () => {
  const { socket } = await open(upgrade(LIVE_PATH, 'websocket', 'Origin: https://foreign.example\r\n'));
  await once(socket, 'close');
  await app.call('GET', '/users/me', undefined, { authorization: 'Bearer guessed' });
  const text = await app.metrics();
  expect(text).toMatch(/molva_notices_total\{notice="origin-refused"\} [1-9]/);
  expect(text).toMatch(/molva_notices_total\{notice="token-refused"\} [1-9]/);
  expect(text).toMatch(/molva_notices_total\{notice="reader-cut"\} 0/);
});
