import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../limits.ts';
import { clientFrame } from '../testing/client-frames.ts';
import { closeOpened, CONNECT, Log, officialClients, raw, serve, standingClock } from '../testing/engine.ts';
import { frameOf, opcodes } from './frames.ts';

afterEach(closeOpened);

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const asked = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY };

/** A socket that says what it likes; `got` is all that came, `gone` is when the server's end of it is closed. */
async function bare(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  const lines = Object.entries({ Host: hostname, ...asked, ...headers }).map(([name, value]) => `${name}: ${value}`);
  let got = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('end', resolve));
  socket.write(`${method} / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  return {
    socket,
    closed,
    answer: () => got.toString('latin1'),
    /** What came behind the answer to the upgrade. */
    frames: () => got.subarray(got.indexOf('\r\n\r\n') + 4),
  };
}

/** A frame of the server with little in it. */
const small = (opcode: number, ...bytes: number[]): Buffer => Buffer.from([0x80 | opcode, bytes.length, ...bytes]);
const code = (value: number): number[] => [value >> 8, value & 255];

describe('an upgrade', () => {
  it('is answered as RFC 6455 shows it, with a subprotocol that both speak', async () => {
    const { url } = await serve(new Log());
    const { answer, socket } = await bare(url, { 'Sec-WebSocket-Protocol': 'other, centrifuge-json' });
    socket.destroy();
    expect(answer()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(answer()).toContain('\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    expect(answer()).toContain('\r\nSec-WebSocket-Protocol: centrifuge-json\r\n');
  });

  it.each([
    ['another method', 'POST', {}, '405 Method Not Allowed'],
    ['another protocol', 'GET', { Upgrade: 'h2c' }, '400 Bad Request'],
    ['another version', 'GET', { 'Sec-WebSocket-Version': '8' }, '426 Upgrade Required'],
    ['a key of another length', 'GET', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, '400 Bad Request'],
  ])('with %s is refused, and takes no place', async (_what, method, headers, status) => {
    let opened = 0;
    const limiter = { opened: () => ++opened > 0, closed: () => undefined, command: () => undefined };
    const { url, engine } = await serve(new Log(), { limiter });
    const { answer, closed, socket } = await bare(url, headers, method);
    await closed;
    socket.end();
    expect(answer().split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
    expect([engine.counters.connections, opened]).toEqual([0, 0]);
  });

  it('takes what a client sends right behind its request', async () => {
    const { url } = await serve(new Log());
    const { hostname, port } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    const lines = Object.entries({ Host: hostname, ...asked }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`);
    socket.write(Buffer.concat([request, clientFrame(opcodes.text, CONNECT)]));
    let got = '';
    for await (const chunk of socket) if ((got += String(chunk)).includes('"connect"')) break;
    expect(got).toContain('{"id":1,"connect":{"client":');
  });
});

describe('a client', () => {
  it('has its pings answered with what it sent; of many at once the last', async () => {
    const { url } = await serve(new Log());
    const { socket, frames } = await bare(url);
    const pings = Array.from({ length: 1_000 }, (_, index) => clientFrame(opcodes.ping, `${index}`));
    socket.write(Buffer.concat(pings));
    const last = frameOf(opcodes.pong, Buffer.from('999'));
    await expect.poll(() => frames().subarray(-last.length).equals(last)).toBe(true);
    expect(frames().length).toBeLessThan(10 * last.length);
    socket.write(clientFrame(opcodes.ping, ''));
    await expect.poll(() => frames().subarray(-2).equals(small(opcodes.pong))).toBe(true);
    socket.destroy();
  });

  it.each([
    ['with a code', [...code(4001), 0x78], [...code(4001)], 0],
    ['with one of the transport', code(1001), code(1001), 1001],
    ['without a code', [], [], 1005],
  ])('that says goodbye %s is answered the same, and is gone at once', async (_what, said, answered, counted) => {
    const { url, engine } = await serve(new Log());
    const { socket, frames, closed } = await bare(url);
    socket.write(clientFrame(opcodes.close, Buffer.from(said)));
    await closed;
    expect([...frames()]).toEqual([...small(opcodes.close, ...answered)]);
    // Its own half of the socket is still open.
    expect([engine.counters.connections, ...engine.counters.disconnects]).toEqual([0, [counted, 1]]);
    socket.destroy();
  });

  it.each([
    ['no frame', Buffer.from([0x81, 0x00]), 1002],
    ['a text that is none', clientFrame(opcodes.text, Buffer.from([0xff])), 1007],
  ])('that sends %s is told so, and counted', async (_what, bytes, why) => {
    const { url, engine } = await serve(new Log());
    const { socket, frames, closed } = await bare(url);
    socket.write(bytes);
    await closed;
    expect([...frames()]).toEqual([...small(opcodes.close, ...code(why))]);
    expect([...engine.counters.disconnects]).toEqual([[why, 1]]);
    socket.destroy();
  });

  it('that sends too much and does not end is cut off after a while, whatever the clock says', async () => {
    const { url, http } = await serve(new Log(), { clock: standingClock() });
    const accepted = once(http, 'connection') as Promise<[Socket]>;
    const { socket } = await bare(url);
    const [other] = await accepted;
    const gone = once(other, 'close');
    const more = Buffer.alloc(65_536, 'x');
    // The head of a frame of 16 MiB.
    socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0]));
    const talk = (): void => void (socket.writable && socket.write(more, () => setImmediate(talk)));
    talk();
    await gone;
    expect(other.bytesRead).toBeLessThan(4 * limits.bytesAfterFault);
  });

  it('whose connect was refused and who goes on talking is cut off, whatever the clock says', async () => {
    const { url, http } = await serve(new Log(), { clock: standingClock() });
    const accepted = once(http, 'connection') as Promise<[Socket]>;
    const { socket } = await bare(url);
    const gone = once((await accepted)[0], 'close');
    socket.write(clientFrame(opcodes.text, '{"id":1,"connect":{"data":{"fail":"error"}}}'));
    const talk = (): void =>
      void (socket.writable && socket.write(clientFrame(opcodes.text, 'x'), () => setImmediate(talk)));
    talk();
    await gone;
  });

  it('that hangs up without a word is gone at once', async () => {
    const { url, engine } = await serve(new Log());
    const { received, socket } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    socket.terminate();
    await expect.poll(() => [...engine.counters.disconnects]).toEqual([[1006, 1]]);
  });
});

it.each(officialClients)('a call that comes in several chunks is done: over %s', async (_name, official) => {
  const { url } = await serve(new Log());
  const { client } = official.listen(url);
  await client.ready(30_000);
  const long = { text: 'ё'.repeat(20_000) };
  expect(official.decode((await client.rpc('echo', official.encode(long))).data)).toEqual(long);
});
