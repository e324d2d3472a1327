import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from './limits.ts';
import { closeOpened, CONNECT, Log, officialClients, pause, raw, serve, standingClock } from './testing/engine.ts';

afterEach(closeOpened);

/** Calls are answered with their own number; the filler is in no field of the protocol. */
const rpc = (id: number, filler = ''): string => JSON.stringify({ id, rpc: { method: 'echo', data: id }, filler });

/** A connection that answers nothing by itself; `gone` is when the server's end of it is closed. */
async function silent(url: string, http: Server, query = ''): Promise<{ socket: Socket; gone: Promise<unknown> }> {
  const accepted = new Promise<Socket>((resolve) => http.once('connection', resolve));
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  const key = randomBytes(16).toString('base64');
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
  socket.write(`GET /${query} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  await once(socket, 'data');
  return { socket, gone: once(await accepted, 'close') };
}

/** A masked text frame; the mask is nothing. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

describe('one client', () => {
  it('whose commands wait is not read any more, and has its answers in order when they go on', async () => {
    const held = Promise.withResolvers<void>();
    const { url } = await serve(new Log(), { held: held.promise });
    const { socket, received } = await raw(url, [CONNECT]);
    // More than all buffers between the two hold.
    const filler = 'x'.repeat(60_000);
    const count = 500;
    for (let id = 2; id <= count; id++) socket.send(rpc(id, filler));
    const untaken = [-1];
    await expect
      .poll(() => untaken.unshift(socket.bufferedAmount) > 20 && untaken[0] === untaken[20], { interval: 10 })
      .toBe(true);
    expect(socket.bufferedAmount).toBeGreaterThan((count / 2) * filler.length);
    held.resolve();
    await expect.poll(() => received.length).toBe(count);
    expect(received.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  it('is sent away for a time when it sends countless small frames behind a command', async () => {
    const held = Promise.withResolvers<void>();
    const { url } = await serve(new Log(), { held: held.promise });
    const { socket, closed } = await raw(url, [CONNECT]);
    for (let sent = 0; sent < 20_000; sent++) socket.send('1');
    expect(await closed).toBe(3013);
    held.resolve();
  });

  it('lets others have their turn between its commands, also where each is answered at once', async () => {
    let done = 0;
    let turned = 0;
    const limiter = {
      opened: () => true,
      closed: () => undefined,
      command() {
        if (++done === 2) setImmediate(() => (turned = done));
        return undefined;
      },
    };
    const { url } = await serve(new Log(), { limiter });
    const { socket, received } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    socket.send(Array.from({ length: 1_000 }, (_, index) => rpc(index + 2)).join('\n'));
    await expect.poll(() => received.length).toBe(1_001);
    expect(turned).toBeLessThan(100);
  });

  it('is cut off when it was sent away and goes on talking, whatever the clock says', async () => {
    const { url, http } = await serve(new Log(), { clock: standingClock() });
    const { socket, gone } = await silent(url, http);
    socket.resume();
    const talk = (): void => {
      if (socket.writable) socket.write(frame('x'.repeat(100)), () => setImmediate(talk));
    };
    talk();
    await gone;
  });

  it('may answer a ping while a command of it takes its time', async () => {
    const clock = standingClock();
    const held = Promise.withResolvers<void>();
    const { url, engine } = await serve(new Log(), { clock, held: held.promise });
    const { socket, received } = await raw(url, [CONNECT]);
    held.resolve();
    await expect.poll(() => received.length).toBe(1);
    clock.advance(25_000);
    await expect.poll(() => received.at(-1)).toEqual({});
    socket.send('{}');
    await expect.poll(() => engine.counters.received).toBe(2);
    clock.advance(8_000);
    expect(engine.counters.connections).toBe(1);
  });

  it('has its calls refused above the limit of its address, and is sent away when it goes on', async () => {
    let left = 3;
    const asked: string[] = [];
    const limiter = {
      opened: () => true,
      closed: () => undefined,
      command(_address: string, method: string) {
        asked.push(method);
        return left-- > 0 ? undefined : { code: 429, message: 'Too many requests', temporary: true };
      },
    };
    const { url } = await serve(new Log(), { limiter });
    const { socket, received, closed } = await raw(url, [[CONNECT, rpc(2), rpc(3), rpc(4)].join('\n')]);
    await expect
      .poll(() => received.map(({ error }) => error))
      .toMatchObject([undefined, undefined, undefined, { code: 429 }]);
    expect(asked).toEqual(['connect', 'rpc', 'rpc', 'rpc']);
    for (let id = 5; id <= 200; id++) socket.send(rpc(id));
    expect(await closed).toBe(3013);
    expect(received.length).toBe(3 + limits.refusals);
  });

  it('that is refused its connect as one too many is told to come back', async () => {
    const limiter = {
      opened: () => true,
      closed: () => undefined,
      command: () => ({ code: 429, message: 'Too many requests', temporary: true }),
    };
    const { url } = await serve(new Log(), { limiter });
    const { received } = await raw(url, [CONNECT]);
    await expect.poll(() => received[0]).toMatchObject({ id: 1, error: { code: 429, temporary: true } });
  });

  it('has no more sockets than its address may have, and each that is gone makes room', async () => {
    let open = 0;
    const limiter = {
      opened: () => open < 2 && ++open > 0,
      closed: () => void open--,
      command: () => undefined,
    };
    const { url } = await serve(new Log(), { limiter });
    const [first] = [await raw(url), await raw(url)];
    const third = new WebSocket(url);
    third.on('error', () => undefined);
    const [, response] = (await once(third, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(429);
    expect(response.headers['retry-after']).toBe('60');
    first.socket.terminate();
    await expect.poll(() => open).toBe(1);
    await raw(url);
    expect(open).toBe(2);
  });

  it('recovers over all its channels no more than a reply holds; the others say that they did not', async () => {
    const log = new Log();
    for (let value = 1; value <= 4; value++) log.add('x'.repeat(100_000));
    const { url, engine } = await serve(log);
    const channels = ['log:a', 'log:b', 'log:c'];
    const subs = Object.fromEntries(channels.map((name) => [name, { recover: true, epoch: 'e1' }]));
    const { received } = await raw(url, [JSON.stringify({ id: 1, connect: { data: { channels }, subs } })]);
    await expect.poll(() => received.length).toBe(1);
    const { connect } = received[0] as { connect: { subs: Record<string, { recovered?: true }> } };
    expect(channels.map((name) => connect.subs[name]?.recovered)).toEqual([true, true, undefined]);
    expect(engine.counters.disconnects.size).toBe(0);
  });

  it('is let go when more is published than may wait while its stream is asked', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const first = await raw(url, [CONNECT]);
    await expect.poll(() => first.received.length).toBe(1);
    const asked = Promise.withResolvers<void>();
    log.held = asked.promise;
    const second = await raw(url, [CONNECT]);
    await expect.poll(() => log.positions).toBe(2);
    for (let offset = 1; offset <= 20; offset++) {
      engine.publish('log:a', log.add('x'.repeat(60_000)).data, { offset });
      await expect.poll(() => first.received.length, { interval: 1 }).toBe(1 + offset);
    }
    expect(await second.closed).toBe(3008);
    asked.resolve();
  });
});

it('a calendar that is set forward ends nobody’s connection', async () => {
  const { url } = await serve(new Log());
  const { socket, received } = await raw(url, []);
  const { now } = Date;
  Date.now = () => now() + 13 * 3_600_000;
  try {
    // All connections are looked at once a second.
    await sleep(1_200);
  } finally {
    Date.now = now;
  }
  socket.send(CONNECT);
  await expect.poll(() => received.length).toBe(1);
});

describe('a client that is gone', () => {
  it.each([
    ['the protocol’s pings', ''],
    ['pings of the transport', '?cf_ws_frame_ping_pong=true'],
  ])('without a word is noticed by %s', async (_what, query) => {
    const clock = standingClock();
    const gone: number[] = [];
    const { url, engine, http } = await serve(new Log(), { clock, disconnected: ({ code }) => gone.push(code) });
    const { socket } = await silent(url, http, query);
    socket.write(frame(CONNECT));
    await expect.poll(() => [...engine.channels()].length).toBe(1);
    clock.advance(25_000);
    clock.advance(7_999);
    expect(gone).toEqual([]);
    clock.advance(1);
    expect(gone).toEqual([3012]);
  });

  it('stays while it answers pings of the transport, and was told of no others', async () => {
    const clock = standingClock();
    const { url, engine } = await serve(new Log(), { clock });
    const { socket, received } = await raw(`${url}/?cf_ws_frame_ping_pong=true`, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toMatchObject({ connect: { client: expect.any(String) } });
    expect(received[0]?.['connect']).not.toHaveProperty('ping');
    const pinged = once(socket, 'ping');
    clock.advance(25_000);
    await pinged;
    // Its answer is on the way before this command is.
    socket.send(rpc(2));
    await expect.poll(() => received.length).toBe(2);
    clock.advance(8_000);
    expect(engine.counters.connections).toBe(1);
  });

  it('and does not answer the end of its connection is cut off after a moment', async () => {
    const clock = standingClock();
    const { url, engine, http } = await serve(new Log(), { clock });
    const { socket, gone } = await silent(url, http);
    socket.write(frame(CONNECT));
    await expect.poll(() => [...engine.channels()].length).toBe(1);
    engine.disconnect({ user: 'u' });
    expect(engine.counters.connections).toBe(0);
    clock.advance(limits.closeLingerMs);
    await gone;
  });

  it('is cut off although whoever hears of its end fails, which is told', async () => {
    const told: unknown[] = [];
    const { url, engine } = await serve(new Log(), {
      disconnected: () => {
        throw new Error('deaf');
      },
      onError: (error, fault) => told.push([(error as Error).message, fault]),
    });
    const { socket, received } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    socket.terminate();
    await expect.poll(() => told).toEqual([['deaf', 'disconnected']]);
    expect([...engine.channels()]).toEqual([]);
  });

  it('leaves nothing behind, at whichever stage it was cut', async () => {
    const { url, engine } = await serve(new Log());
    const calls = ['{"id":1,"connect":{"data":{"channels":["log:a","log:b"]}}}', rpc(2), rpc(3)].join('\n');
    // Cut while they are let in, while streams are asked, while they call, while they are given another channel.
    const cutOne = async (patience: number): Promise<void> => {
      const { socket } = await raw(url, [calls]);
      for (let waited = 0; waited < patience; waited++) await pause();
      void engine.subscribe({ user: 'u' }, 'log:c');
      socket.terminate();
    };
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 60 }, (_, index) => cutOne(index % 6)));
    }
    await expect.poll(() => [engine.counters.connections, engine.counters.subscriptions]).toEqual([0, 0]);
    for (let waited = 0; waited < 5; waited++) await pause();
    expect([engine.counters.subscriptions, ...engine.channels()]).toEqual([0]);
  });

  it.each(officialClients)('leaves nothing behind that comes back after each cut: over %s', async (_name, official) => {
    const { url, engine, http } = await serve(new Log());
    const sockets: Socket[] = [];
    http.on('connection', (socket: Socket) => sockets.push(socket));
    const { client } = official.listen(url, { channels: ['log:a', 'log:b'] });
    for (let cut = 0; cut < 10; cut++) {
      await expect.poll(() => sockets.length, { interval: 1 }).toBe(cut + 1);
      void client.rpc('echo', official.encode(cut)).catch(() => undefined);
      for (let waited = 0; waited < cut / 2; waited++) await pause();
      sockets[cut]?.resetAndDestroy();
    }
    await client.ready(30_000);
    client.disconnect();
    await expect.poll(() => [engine.counters.connections, engine.counters.subscriptions]).toEqual([0, 0]);
    expect([...engine.channels()]).toEqual([]);
  });
});

it('the fault of a stream is told, and its subscribers come back', async () => {
  const log = new Log();
  const told: unknown[] = [];
  const { url, engine } = await serve(log, { onError: (error, fault) => told.push([(error as Error).message, fault]) });
  const { closed, received } = await raw(url, [CONNECT]);
  await expect.poll(() => received.length).toBe(1);
  engine.wake('log:a', 5);
  expect(await closed).toBe(3010);
  expect(told).toEqual([['the stream of log:a has a hole', 'stream']]);
});
