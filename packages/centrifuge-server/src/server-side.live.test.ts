import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { closeOpened, CONNECT, Log, officialClients, pause, raw, serve } from './testing/engine.ts';

afterEach(closeOpened);

describe.each(officialClients)('the official client over %s', (_name, { listen }) => {
  it('is subscribed by the server while it is connected, once, and misses nothing meanwhile', async () => {
    const log = new Log();
    log.add('before');
    const { url, engine } = await serve(log);
    const { client, got, told } = listen(url, { channels: [] });
    await client.ready(30_000);
    const subscribing = engine.subscribe({ user: 'u' }, 'log:b', { data: '{"x":1}', audiences: ['own'] });
    engine.publish('log:b', log.add('meanwhile').data, { offset: 2 });
    await subscribing;
    await engine.subscribe({ user: 'u' }, 'log:b');
    engine.publish('log:b', log.add('own', 'own').data, { offset: 3, audience: 'own' });
    await expect.poll(() => got).toEqual(['meanwhile', 'own']);
    expect(told).toEqual([{ channel: 'log:b', at: { offset: 1, epoch: 'e1' }, data: { x: 1 } }]);
  });

  it('loses a channel the server takes', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const { client, got, told } = listen(url, { channels: ['log:a', 'log:b'] });
    await client.ready(30_000);
    engine.unsubscribe({ user: 'u' }, 'log:a');
    engine.publish('log:a', '"unheard"');
    engine.publish('log:b', '"heard"');
    await expect.poll(() => got).toEqual(['heard']);
    expect(told.slice(2)).toEqual([{ gone: 'log:a' }]);
    expect([...engine.channels()]).toEqual(['log:b']);
  });

  it('is meant alone by its id, and with a user only where it is of that user', async () => {
    const { url, engine } = await serve(new Log());
    const [one, other] = [listen(url, { user: 'ann' }), listen(url, { user: 'ann' })];
    await Promise.all([one.client.ready(30_000), other.client.ready(30_000)]);
    const client = one.ids[0] ?? '';
    await engine.subscribe({ user: 'ann', client }, 'log:b');
    expect(engine.presence('log:b')).toEqual([{ client, user: 'ann' }]);
    engine.unsubscribe({ user: 'bob', client }, 'log:b');
    expect(engine.hasSubscribers('log:b')).toBe(true);
    engine.disconnect({ client }, { code: 4501, reason: 'go away' });
    expect(await one.ended).toMatchObject({ code: 4501, reason: 'go away' });
    expect(engine.presence('log:a')).toEqual([{ client: other.ids[0], user: 'ann' }]);
    engine.disconnect({ user: 'ann' });
    expect(await other.ended).toMatchObject({ code: 3503 });
    expect(engine.presence('log:a')).toEqual([]);
  });

  it('gets what the stream has when the server is woken, and what has left is not sent again', async () => {
    const log = new Log();
    const { url, engine } = await serve(log);
    expect(engine.position('log:a')).toBeUndefined();
    const { client, got } = listen(url);
    await client.ready(30_000);
    expect(engine.position('log:a')).toEqual({ offset: 0, epoch: 'e1' });
    // More than a reading brings at once.
    for (let value = 1; value <= 700; value++) log.add(value);
    engine.wake('log:a', 700);
    await expect.poll(() => engine.position('log:a')).toEqual({ offset: 700, epoch: 'e1' });
    const { reads } = log;
    engine.wake('log:a', 700);
    engine.publish('log:a', '"again"', { offset: 699 });
    engine.publish('log:a', log.add(701).data, { offset: 701 });
    await expect.poll(() => got).toEqual(log.items.map(({ data }) => JSON.parse(data) as unknown));
    expect(log.reads).toBe(reads);
  });

  it('comes back to recover where the stream began anew', async () => {
    const log = new Log();
    log.add('old');
    const { url, engine } = await serve(log);
    const { client, ids, got, told } = listen(url);
    await client.ready(30_000);
    log.epoch = 'e2';
    engine.publish('log:a', '"new"', { offset: 2, epoch: 'e2' });
    await expect.poll(() => ids.length).toBe(2);
    engine.publish('log:a', log.add('next').data, { offset: 2, epoch: 'e2' });
    await expect.poll(() => got).toEqual(['next']);
    expect(told[1]).toMatchObject({ at: { offset: 1, epoch: 'e2' } });
    expect(engine.counters.disconnects.get(3010)).toBe(1);
  });
});

describe('what is decided meanwhile', () => {
  it('hears of what the server is woken for while the stream is being asked', async () => {
    const log = new Log();
    const asked = Promise.withResolvers<void>();
    log.held = asked.promise;
    const { url, engine } = await serve(log);
    const { received } = await raw(url, [CONNECT]);
    await expect.poll(() => log.positions).toBe(1);
    log.add('late');
    engine.wake('log:a', 1);
    expect(engine.position('log:a')).toBeUndefined();
    asked.resolve();
    await expect
      .poll(() => received[1])
      .toMatchObject({ push: { channel: 'log:a', pub: { data: 'late', offset: 1 } } });
  });

  it('does not stay when the socket was cut while its connect was decided', async () => {
    const deciding = Promise.withResolvers<void>();
    const { url, engine } = await serve(new Log(), { held: deciding.promise });
    const { socket } = await raw(url, [CONNECT]);
    await expect.poll(() => engine.counters.received).toBe(1);
    socket.terminate();
    await expect.poll(() => engine.counters.connections).toBe(0);
    deciding.resolve();
    await pause();
    expect([...engine.channels()]).toEqual([]);
    expect(engine.counters.subscriptions).toBe(0);
  });

  it.each([
    ['its connect', '{}'],
    ['a later subscription', '{"data":{"channels":[]}}'],
  ])('does not stay when the socket was cut while the stream of %s was asked', async (_what, connect) => {
    const log = new Log();
    const { url, engine } = await serve(log);
    const asked = Promise.withResolvers<void>();
    const later = connect !== '{}';
    if (!later) log.held = asked.promise;
    const { socket, received } = await raw(url, [`{"id":1,"connect":${connect}}`]);
    if (later) await expect.poll(() => received.length).toBe(1);
    log.held = asked.promise;
    const subscribing = later ? engine.subscribe({ user: 'u' }, 'log:a') : undefined;
    await expect.poll(() => engine.counters.subscriptions).toBe(1);
    socket.terminate();
    await expect.poll(() => engine.counters.connections).toBe(0);
    asked.resolve();
    await subscribing;
    await pause();
    expect([...engine.channels()]).toEqual([]);
    expect(engine.counters.subscriptions).toBe(0);
  });

  it('leaves channels out of the reply that were taken away before', async () => {
    const log = new Log();
    log.add('missed');
    const [asked, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    log.held = asked.promise;
    const { url, engine } = await serve(log);
    const connect = {
      data: { channels: ['log:a', 'log:b', 'log:c'] },
      subs: { 'log:c': { recover: true } },
    };
    const { received } = await raw(url, [JSON.stringify({ id: 1, connect })]);
    await expect.poll(() => log.positions).toBe(1);
    engine.unsubscribe({ user: 'u' }, 'log:a');
    log.held = read.promise;
    asked.resolve();
    await pause();
    engine.unsubscribe({ user: 'u' }, 'log:b');
    read.resolve();
    await expect.poll(() => received.length).toBe(1);
    const { subs } = (received[0] as { connect: { subs: object } }).connect;
    expect(Object.keys(subs)).toEqual(['log:c']);
  });

  it('changes nothing where the connection was ended before: it ends once', async () => {
    const deciding = Promise.withResolvers<void>();
    const { url, engine, http } = await serve(new Log(), { held: deciding.promise });
    const gone = new Promise((resolve) => http.on('connection', (socket: Socket) => socket.on('close', resolve)));
    const { socket, closed } = await raw(url, ['{"id":1,"connect":{"data":{"fail":"error"}}}']);
    await expect.poll(() => engine.counters.received).toBe(1);
    // The client does not answer the end before the decision is there.
    socket.pause();
    engine.disconnect({ user: '' });
    deciding.resolve();
    await pause();
    socket.resume();
    expect(await closed).toBe(3503);
    await gone;
    await pause();
    expect([...engine.counters.disconnects]).toEqual([[3503, 1]]);
  });
});

describe('what the server cannot subscribe', () => {
  it('is told to whoever asked, and nobody has it', async () => {
    const { url, engine } = await serve(new Log());
    const { received } = await raw(url, [CONNECT]);
    await expect.poll(() => received.length).toBe(1);
    await expect(engine.subscribe({ user: 'u' }, 'log:none')).rejects.toThrow('does not exist');
    await expect(engine.subscribe({ user: 'u' }, 'other:1')).rejects.toThrow('no namespace');
    expect([...engine.channels()]).toEqual(['log:a']);
  });

  it('ends a client that has as many as there may be', async () => {
    const { url, engine } = await serve(new Log());
    const channels = Array.from({ length: 128 }, (_, index) => `log:${index}`);
    const { received, closed } = await raw(url, [JSON.stringify({ id: 1, connect: { data: { channels } } })]);
    await expect.poll(() => received.length).toBe(1);
    await engine.subscribe({ user: 'u' }, 'log:more');
    expect(await closed).toBe(3505);
  });
});
