import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { closeOpened, CONNECT, Log, officialClients, raw, serve, standingClock } from './testing/engine.ts';

afterEach(closeOpened);

describe.each(officialClients)('the official client over %s', (_name, { encode, decode, listen }) => {
  it('receives publications in order, whichever order they are given in, and each once', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { client, got } = listen(url);
    await client.ready(30_000);
    const items = [1, 2, 3, 4].map((value) => log.add(value));
    for (const index of [1, 0, 0, 3, 2])
      engine.publish('log:a', items[index]?.data ?? '', { offset: items[index]?.offset ?? 0 });
    await expect.poll(() => got).toEqual([1, 2, 3, 4]);
    // What came early made the stream be read; that nothing is missing any more is no fault.
    await expect.poll(() => log.reads).toBe(1);
    engine.publish('log:a', log.add(5).data, { offset: 5 });
    await expect.poll(() => got).toEqual([1, 2, 3, 4, 5]);
    expect(engine.counters.disconnects.size).toBe(0);
  });

  it('gets a missing publication from the stream', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { client, got } = listen(url);
    await client.ready(30_000);
    log.add('lost on the way');
    engine.publish('log:a', log.add('second').data, { offset: 2 });
    await expect.poll(() => got).toEqual(['lost on the way', 'second']);
  });

  it('recovers over a restart of the server what was written meanwhile', async () => {
    const log = new Log();
    const first = await serve(log);
    const { client, got } = listen(first.url);
    await client.ready(30_000);
    first.engine.publish('log:a', log.add(1).data, { offset: 1 });
    await expect.poll(() => got).toEqual([1]);
    await first.engine.close();
    first.http.closeAllConnections();
    await new Promise((closed) => first.http.close(closed));
    log.add(2);
    log.add(3);
    await serve(log, { port: Number(new URL(first.url).port) });
    await expect.poll(() => got).toEqual([1, 2, 3]);
  });

  it('hears of what is for an audience only where it asked', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const [everybody, audience] = [listen(url), listen(url, { audiences: ['own'] })];
    await Promise.all([everybody.client.ready(30_000), audience.client.ready(30_000)]);
    engine.publish('log:a', log.add('own').data, { offset: 1, audience: 'own' });
    engine.publish('log:a', log.add('all').data, { offset: 2 });
    engine.publish('log:a', '"passing own"', { audience: 'own' });
    engine.publish('log:a', '"passing"');
    await expect.poll(() => audience.got).toEqual(['own', 'all', 'passing own', 'passing']);
    expect(everybody.got).toEqual(['all', 'passing']);
  });

  it('calls, and is told of errors', async () => {
    const { url } = await serve(new Log());
    const { client } = listen(url);
    await client.ready(30_000);
    expect(decode((await client.rpc('echo', encode({ a: [1, 'ё'] }))).data)).toEqual({ a: [1, 'ё'] });
    await expect(client.rpc('nope', encode({}))).rejects.toMatchObject({ code: 404, message: 'Entity not found' });
  });

  it('is refused an explicit subscription to a channel it has, and goes on receiving once', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { client, got } = listen(url);
    await client.ready(30_000);
    const subscription = client.newSubscription('log:a');
    const refused = new Promise((resolve) => subscription.on('unsubscribed', resolve));
    subscription.subscribe();
    expect(await refused).toMatchObject({ code: 105 });
    engine.publish('log:a', log.add('once').data, { offset: 1 });
    await expect.poll(() => got).toEqual(['once']);
  });
});

describe('what is refused', () => {
  it.each([
    ['a command before connect', '{"id":1,"rpc":{"method":"echo"}}', 3501],
    ['a second connect', `${CONNECT}\n{"id":2,"connect":{}}`, 3501],
    ['no JSON', 'nonsense', 3501],
    ['an empty frame', '', 3501],
    ['a blank line', `${CONNECT}\n\n{"id":2,"rpc":{}}`, 3501],
    ['an unknown command', `${CONNECT}\n{"id":2,"dance":{}}`, 3501],
    ['a ping command', `${CONNECT}\n{"id":2,"ping":{}}`, 3501],
    ['a pong nobody asked for', `${CONNECT}\n{}`, 3501],
    ['a send', `${CONNECT}\n{"send":{"data":1}}`, 3508],
    ['an empty channel', `${CONNECT}\n{"id":2,"subscribe":{}}`, 3501],
    ['an unknown delta', `${CONNECT}\n{"id":2,"subscribe":{"channel":"log:b","delta":"x"}}`, 3501],
    ['a refresh without a token', `${CONNECT}\n{"id":2,"refresh":{}}`, 3501],
    ['a refresh with a token', `${CONNECT}\n{"id":2,"refresh":{"token":"x"}}`, 3500],
    ['a token nobody can check', '{"id":1,"connect":{"token":"x"}}', 3500],
    ['a frame that is too long', `"${'x'.repeat(70_000)}"`, 1009],
    ['a client the handler sends away', '{"id":1,"connect":{"data":{"fail":"disconnect"}}}', 4501],
    [
      'more channels than there may be',
      `{"id":1,"connect":{"data":{"channels":${JSON.stringify(Array.from({ length: 129 }, (_, index) => `log:${index}`))}}}}`,
      3505,
    ],
  ])('%s', async (_what, frame, code) => {
    const { url } = await serve(new Log());
    expect(await (await raw(url, [frame])).closed).toBe(code);
  });

  it.each([
    ['an unknown namespace', '{"id":2,"subscribe":{"channel":"other:1"}}', 102],
    ['a channel the server does not give', '{"id":2,"subscribe":{"channel":"log:b"}}', 103],
    ['a channel it has', '{"id":2,"subscribe":{"channel":"log:a"}}', 105],
    ['a long name', `{"id":2,"subscribe":{"channel":"log:${'x'.repeat(260)}"}}`, 107],
    ['a foreign alphabet', '{"id":2,"subscribe":{"channel":"log:ё"}}', 107],
    ['a shared poll', '{"id":2,"subscribe":{"channel":"log:b","type":4}}', 108],
    ['a publication', '{"id":2,"publish":{"channel":"log:a","data":null}}', 103],
    ['a publication without data', '{"id":2,"publish":{"channel":"log:a"}}', 107],
    ['history', '{"id":2,"history":{"channel":"log:a"}}', 108],
    ['presence', '{"id":2,"presence":{"channel":"log:a"}}', 108],
    ['a subscription refresh without a token', '{"id":2,"sub_refresh":{"channel":"log:a"}}', 107],
  ])('%s, with an error', async (_what, command, code) => {
    const { url } = await serve(new Log());
    const { received } = await raw(url, [`${CONNECT}\n${command}`]);
    await expect.poll(() => received.find(({ id }) => id === 2)).toMatchObject({ error: { code } });
  });

  it('a connect that fails: everything after it is ignored', async () => {
    const { url } = await serve(new Log());
    const refused = await raw(url, ['{"id":1,"connect":{"data":{"fail":"error"}}}\n{"id":2,"rpc":{"method":"echo"}}']);
    await expect.poll(() => refused.received).toEqual([{ id: 1, error: { code: 401, message: 'no' } }]);
    const broken = await raw(url, ['{"id":1,"connect":{"data":{"fail":"throw"}}}']);
    await expect
      .poll(() => broken.received)
      .toEqual([{ id: 1, error: { code: 100, message: 'internal server error', temporary: true } }]);
  });

  it('a page of a foreign origin, while requests without one pass, and an empty subprotocol header too', async () => {
    const { url } = await serve(new Log());
    const foreign = new WebSocket(url, { origin: 'https://foreign.example' });
    const [, response] = (await once(foreign, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(403);
    foreign.on('error', () => undefined).terminate();
    const allowed = await raw(url, [CONNECT], { origin: 'https://allowed.example' });
    await expect.poll(() => allowed.received.length).toBe(1);
    const blank = await raw(url, [CONNECT], { 'sec-websocket-protocol': '' });
    await expect.poll(() => blank.received.length).toBe(1);
  });

  it('a client that resets while it is refused, without harm to the server', async () => {
    const { url, engine, http } = await serve(new Log());
    const { hostname, port } = new URL(url);
    const request = `GET / HTTP/1.1\r\nHost: ${hostname}\r\nOrigin: https://foreign.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const resets: Promise<unknown>[] = [];
    http.on('upgrade', (_request, socket) => resets.push(new Promise((closed) => socket.on('close', closed))));
    for (let count = 0; count < 50; count++) {
      const socket = createConnection({ host: hostname, port: Number(port) });
      await once(socket, 'connect');
      await new Promise((written) => socket.write(request, written));
      socket.resetAndDestroy();
    }
    await expect.poll(() => resets.length).toBeGreaterThan(0);
    await Promise.all(resets);
    const { received } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    expect(engine.counters.connections).toBe(1);
  });

  it('unsubscribing from what is not subscribed is no fault', async () => {
    const { url } = await serve(new Log());
    const { received } = await raw(url, [`${CONNECT}\n{"id":2,"unsubscribe":{"channel":"log:z"}}`]);
    await expect.poll(() => received.find(({ id }) => id === 2)).toEqual({ id: 2, unsubscribe: {} });
  });
});

describe('the connection', () => {
  it('is described in the documented form; a channel that does not exist is left out', async () => {
    const log = new Log();
    log.add(1);
    const { url } = await serve(log);
    const { received } = await raw(url, ['{"id":1,"connect":{"name":"js","data":{"channels":["log:a","log:none"]}}}']);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toEqual({
      id: 1,
      connect: {
        client: expect.stringMatching(/^[0-9a-f-]{36}$/),
        version: 'test',
        subs: { 'log:a': { recoverable: true, positioned: true, epoch: 'e1', offset: 1 } },
        ping: 25,
        pong: true,
      },
    });
  });

  it('recovers exactly what is missing, and says so where it cannot', async () => {
    const log = new Log();
    for (let value = 1; value <= 5; value++) log.add(value);
    const { url } = await serve(log);
    const subs = async (asked: object) => {
      const { received } = await raw(url, [
        JSON.stringify({ id: 1, connect: { subs: { 'log:a': { recover: true, ...asked } } } }),
      ]);
      await expect.poll(() => received.length).toBe(1);
      const { subs: found } = (received[0] as { connect: { subs: Record<string, unknown> } }).connect;
      return found['log:a'];
    };
    const base = { recoverable: true, positioned: true, epoch: 'e1', was_recovering: true };
    expect(await subs({ offset: 3, epoch: 'e1' })).toEqual({
      ...base,
      offset: 3,
      recovered: true,
      publications: [
        { data: 4, offset: 4 },
        { data: 5, offset: 5 },
      ],
    });
    expect(await subs({ offset: 5, epoch: 'e1' })).toEqual({ ...base, offset: 5, recovered: true });
    expect(await subs({ offset: 3, epoch: 'other' })).toEqual({ ...base, offset: 5 });
    expect(await subs({ offset: 9, epoch: 'e1' })).toEqual({ ...base, offset: 5 });
    for (let value = 6; value <= 400; value++) log.add(value);
    expect(await subs({ offset: 5, epoch: 'e1' })).toEqual({ ...base, offset: 400 });
  });

  it('asks the source together with others that come at the same time, and recovers what it alone misses', async () => {
    const log = new Log();
    for (let value = 1; value <= 10; value++) log.add(value);
    const { url } = await serve(log);
    const asked = Promise.withResolvers<void>();
    log.held = asked.promise;
    const clients = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const name = `log:${index % 20}`;
        const subs = { [name]: { recover: true, epoch: 'e1', offset: (index % 3) + 1 } };
        const connect = { data: { channels: [name] }, subs };
        return { name, offset: (index % 3) + 1, ...(await raw(url, [JSON.stringify({ id: 1, connect })])) };
      }),
    );
    await expect.poll(() => log.positions).toBe(2);
    log.held = undefined;
    asked.resolve();
    for (const { name, offset, received } of clients) {
      await expect.poll(() => received.length).toBe(1);
      const missed = log.items
        .slice(offset)
        .map(({ data, ...item }) => ({ ...item, data: JSON.parse(data) as unknown }));
      expect(received[0]).toMatchObject({ connect: { subs: { [name]: { offset, publications: missed } } } });
    }
    expect(log.positions).toBeLessThan(10);
    expect(log.reads).toBeLessThan(20);
  });

  it('gets the publications of a tick in one frame', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { received, framesIn } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    for (let value = 1; value <= 10; value++) engine.publish('log:a', log.add(value).data, { offset: value });
    await expect.poll(() => received.length).toBe(11);
    expect(framesIn).toHaveLength(2);
  });

  it('passes payloads byte for byte', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { framesIn, received } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    const data = '{"b":12345678901234567890,"a":1.0,"é":"\\u0041"}';
    log.items.push({ offset: 1, data });
    engine.publish('log:a', data, { offset: 1 });
    await expect
      .poll(() => framesIn.at(-1))
      .toBe(`{"push":{"channel":"log:a","pub":{"data":${data},"offset":1,"epoch":"e1"}}}`);
  });

  it('is let go when it takes too little too slowly, so that it comes back', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { received, socket, closed } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    socket.pause();
    const text = 'x'.repeat(60_000);
    for (let value = 1; value <= 400; value++) {
      engine.publish('log:a', log.add(text).data, { offset: value });
      if (value % 10 === 0) await new Promise((next) => setImmediate(next));
    }
    expect(engine.counters.disconnects.get(3008)).toBe(1);
    socket.resume();
    await closed;
  });

  it('is pinged, ended without a pong, ended without a connect, and sent away at the end', async () => {
    const clock = standingClock();
    const { url, engine } = await serve(new Log(), { clock });
    const [deaf, polite, idle] = [await raw(url, [CONNECT]), await raw(url, [CONNECT]), await raw(url)];
    await expect.poll(() => polite.received.length + deaf.received.length).toBe(2);
    clock.advance(10_000);
    expect(await idle.closed).toBe(3502);
    clock.advance(15_000);
    await expect.poll(() => polite.received.at(-1)).toEqual({});
    polite.socket.send('{}');
    await expect.poll(() => engine.counters.received).toBe(3);
    clock.advance(8_000);
    expect(await deaf.closed).toBe(3012);
    await engine.close();
    expect(await polite.closed).toBe(3001);
  });
});
