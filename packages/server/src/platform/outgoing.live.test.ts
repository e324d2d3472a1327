import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOutgoing } from './outgoing.ts';

let receiver: Server;
let port: number;
let received = 0;
beforeAll(async () => {
  receiver = createServer((request, response) => {
    received++;
    if (request.url === '/redirect') response.writeHead(302, { location: `http://127.0.0.1:${port}/ok` }).end();
    else if (request.url === '/huge') response.end('x'.repeat(3 * 1024 * 1024));
    else response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  ({ port } = receiver.address() as AddressInfo);
});
afterAll(() => new Promise((closed) => receiver.close(closed)));

describe('outgoing calls', () => {
  it.each([
    'http://127.0.0.1:PORT/ok',
    'http://localhost:PORT/ok',
    'http://127.1:PORT/ok',
    'http://2130706433:PORT/ok',
    'http://[::1]:PORT/ok',
    'http://[::ffff:127.0.0.1]:PORT/ok',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://[fd00::1]/',
    'http://0.0.0.0:PORT/ok',
  ])('never reach %s', async (address) => {
    await using outgoing = openOutgoing([]);
    const before = received;
    await expect(outgoing.post(address.replace('PORT', String(port)), '{}')).rejects.toThrow(/is in a private network/);
    expect(received).toBe(before);
  });

  it.each([['127.0.0.0/8'], ['127.0.0.1'], ['localhost']])('reach what %s admits', async (allowed) => {
    await using outgoing = openOutgoing([allowed]);
    const host = allowed === 'localhost' ? 'localhost' : '127.0.0.1';
    await outgoing.post(`http://${host}:${port}/ok`, '{}');
  });

  it('do not follow redirects, and do not read an answer to its end', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    await expect(outgoing.post(`http://127.0.0.1:${port}/redirect`, '{}')).rejects.toThrow(/answered 302/);
    await outgoing.post(`http://127.0.0.1:${port}/huge`, '{}');
  });
});
