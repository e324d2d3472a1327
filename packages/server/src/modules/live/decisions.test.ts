import { describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { Failure, noRoom } from '../../platform/failure.ts';
import { openLog } from '../../platform/log.ts';
import { Notices } from '../../platform/notices.ts';
import { decideConnect, type SessionGate } from './connect.ts';
import type { ConnectedClient, ConnectingClient, ConnectRequest, RpcRequest } from './decisions.ts';
import type { JoinedChannels } from './joins.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { LiveLimits } from './limits.ts';
import { Presence } from './presence.ts';
import { decideRpc } from './rpc.ts';

const open = '11111111-1111-4111-8111-111111111111';
const guarded = '22222222-2222-4222-8222-222222222222';
const unknown = '33333333-3333-4333-8333-333333333333';
const banned = '44444444-4444-4444-8444-444444444444';

/** A session that everybody may enter, one that its token opens, one where nobody may be there; no others. */
const gate: SessionGate = {
  async enter(id, { sessionToken }) {
    if (id === guarded && sessionToken !== 'token') throw new Failure('session-token-refused');
    if (![open, guarded, banned].includes(id)) throw new Failure('entity-not-found');
    return { id };
  },
  async call(method, { id }) {
    if (method === 'rateSession') throw new Error('no database');
    if (method === 'readMessage') throw noRoom('bot-lane-full');
    if (method === 'joinSession' && id === banned) throw new Failure('client-banned');
  },
  async open(id, holder) {
    await gate.enter(id, holder);
    return { id, send: async ({ body }) => ({ id: body, createdAt: '', seq: 1, eventSeq: 2 }) };
  },
};
/** What was given to connections and taken from them. */
const given: string[] = [];
const channels: JoinedChannels = {
  give: async (client, id) => void given.push(`${client} has ${id}`),
  take: async (client, id) => void given.push(`${client} has not ${id}`),
};
const told: string[] = [];
const notices = new Notices(openLog('silent', false), systemClock, (notice) => told.push(notice));
const presence = new Presence({ gate, clock: systemClock, notices });
const limits = new LiveLimits({ open: 0, connections: 0, clock: systemClock, notices });
const connect = decideConnect(gate, limits, systemClock);
const observe = () => () => undefined;
const rpc = decideRpc({ gate, presence, channels, limits, notices, observe });

/** A call as a Centrifugo's proxy makes it: one JSON body that names the client and what it wants. */
const proxied = <T>(body: object): T =>
  JSON.parse(
    JSON.stringify({ client: 'c1', transport: 'websocket', protocol: 'json', encoding: 'json', ...body }),
  ) as T;

describe('a decision about the body of a proxy call is the body of its answer', () => {
  it.each([
    ['a client gets the sessions that are open to it', { sessions: [open, guarded, unknown, 'x'] }, [open]],
    ['a token opens more', { sessions: [open, guarded], sessionTokens: { [guarded]: 'token' } }, [open, guarded]],
  ])('connect: %s', async (_name, settings, sessions) => {
    const body = proxied<ConnectRequest & ConnectingClient>({
      address: 'a',
      data: { application: 'widget', settings: { ...settings, echo: true } },
    });
    const subs = Object.fromEntries(sessions.map((id) => [`widget:${id}`, { audiences: ['client'] }]));
    const answer = await connect(body, body);
    expect(answer).toEqual({
      result: {
        user: '',
        meta: {
          address: 'a',
          tokens: 'sessionTokens' in settings ? settings.sessionTokens : {},
          audiences: ['client'],
          sessions,
        },
        subs,
      },
    });
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  it('connect: data that cannot be read ends the connection', async () => {
    const body = proxied<ConnectRequest & ConnectingClient>({ data: { application: 'other' } });
    expect(await connect(body, body)).toMatchObject({
      disconnect: { code: 3501, reason: 'bad request: settings is required' },
    });
  });

  it.each([
    ['sessions', { sessions: Array.from({ length: 101 }, () => open) }],
    ['an id', { sessions: ['x'.repeat(65)] }],
    ['tokens', { sessions: [], sessionTokens: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, 'x'])) }],
    ['a token', { sessions: [], sessionTokens: { [open]: 'x'.repeat(8193) } }],
    ['the user', { sessions: [], userId: 'x'.repeat(256) }],
  ])('connect: more than there may be ends the connection and says which: %s', async (_what, settings) => {
    const body = proxied<ConnectRequest & ConnectingClient>({ data: { application: 'widget', settings } });
    expect(await connect(body, body)).toMatchObject({
      disconnect: { code: 3501, reason: expect.stringMatching(/^bad request: settings\./) },
    });
  });

  it('connect: sessions and tokens are known however their ids are spelt', async () => {
    const settings = { sessions: [guarded.toUpperCase(), guarded], sessionTokens: { [guarded]: 'token' } };
    const body = proxied<ConnectRequest & ConnectingClient>({ data: { application: 'widget', settings } });
    expect(await connect(body, body)).toMatchObject({ result: { subs: { [`widget:${guarded}`]: {} } } });
  });

  /** Decisions that are limited, at the beginning of a minute. */
  const limitedBy = (open: number) => {
    const most = new LiveLimits({ open, connections: 0, clock: new FakeClock(0), notices });
    return {
      connect: decideConnect(gate, most, systemClock),
      rpc: decideRpc({ gate, presence, channels, limits: most, notices, observe }),
    };
  };
  const callOf = (client: string, method: string, more: object = {}) =>
    proxied<RpcRequest & ConnectedClient>({
      client,
      method,
      data: { id: open },
      meta: { address: 'a', tokens: {}, audiences: [], sessions: [open] },
      ...more,
    });
  const tooMany = { error: { code: 429, message: 'Too many requests', temporary: true } };
  const tooManyInData = { result: { data: '{"success":false,"code":"too-many-requests","retryAfter":60}' } };
  const timesOf = async (some: number, ask: () => Promise<unknown>) => {
    const counts = new Map<string, number>();
    for (let at = 0; at < some; at++) {
      const answer = JSON.stringify(await ask());
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  };
  const success = JSON.stringify({ result: { data: '{"success":true}' } });

  it('each session of a connect and each call counts for its address; what is too many is told to wait', async () => {
    const limited = limitedBy(1);
    const settings = { sessions: [open, guarded, unknown] };
    const body = proxied<ConnectRequest & ConnectingClient>({
      address: 'a',
      data: { application: 'widget', settings },
    });
    const [join, typing] = [callOf('c1', 'joinSession'), callOf('c2', 'typing')];
    expect(await limited.connect(body, body)).toHaveProperty('result');
    for (let at = 0; at < 7; at++) expect(await limited.rpc(join, join)).toHaveProperty('result');
    expect(await limited.rpc(join, join)).toEqual(tooMany);
    expect(await limited.rpc(typing, typing)).toEqual(tooManyInData);
    expect(await limited.connect(body, body)).toEqual(tooMany);
    const other = { ...body, address: 'b' };
    expect(await limited.connect(other, other)).toHaveProperty('result');
  });

  it('a session takes so many calls a minute, over however many connections; who may not enter counts in none', async () => {
    const limited = limitedBy(1_000);
    const ask = async (client: string, id: string) => {
      const call = callOf(client, 'typing', { data: { id } });
      return limited.rpc(call, call);
    };
    const stranger = JSON.stringify({ result: { data: '{"success":false,"code":"session-token-refused"}' } });
    expect(await timesOf(120, () => ask('c1', guarded))).toEqual({ [stranger]: 120 });
    expect(await timesOf(70, () => ask('c2', open))).toEqual({ [success]: 70 });
    expect(await timesOf(70, () => ask('c3', open))).toEqual({ [success]: 50, [JSON.stringify(tooManyInData)]: 20 });
    const token = callOf('c4', 'typing', { data: { id: guarded } });
    const holder = { ...token, meta: { ...token.meta, tokens: { [guarded]: 'token' } } };
    expect(await timesOf(120, () => limited.rpc(holder, holder))).toEqual({ [success]: 120 });
  });

  it('a connection has so many calls a minute for each session it was given; who goes on is sent away, at nobody’s cost', async () => {
    const limited = limitedBy(60);
    const ask = (client: string, sessions: readonly string[], method = 'typing') => {
      const call = callOf(client, method, { data: { id: unknown } });
      const by = { ...call, meta: { ...call.meta, sessions } };
      return limited.rpc(by, by);
    };
    const missing = JSON.stringify({ result: { data: '{"success":false,"code":"entity-not-found"}' } });
    const away = JSON.stringify({ disconnect: { code: 3013, reason: 'too many requests' } });
    const refused = JSON.stringify(tooManyInData);
    expect(await timesOf(230, () => ask('c1', []))).toEqual({ [missing]: 120, [refused]: 100, [away]: 10 });
    expect(await timesOf(250, () => ask('c2', [open, guarded]))).toEqual({ [missing]: 240, [refused]: 10 });
    // Of the 600 of the address 240 are left; what connections were refused themselves is not among the others.
    expect(await timesOf(260, () => ask('c3', Array(100).fill(open)))).toEqual({ [missing]: 240, [refused]: 20 });
    const joined = limitedBy(1_000);
    const meta = { address: 'a', tokens: { [guarded]: 'token' }, audiences: [], sessions: [] };
    const has = (method: string, id: string) => {
      const call = { ...callOf('c5', method, { data: { id } }), meta };
      return joined.rpc(call, call);
    };
    await has('joinSession', open);
    await has('joinSession', guarded);
    expect(await timesOf(248, () => has('typing', unknown))).toEqual({ [missing]: 238, [refused]: 10 });
    const wide = limitedBy(1_000);
    const call = callOf('c4', 'dance');
    const by = { ...call, meta: { ...call.meta, sessions: Array<string>(100).fill(open) } };
    const unheard = JSON.stringify({ error: { code: 104, message: 'method not found' } });
    expect(await timesOf(1_210, () => wide.rpc(by, by))).toEqual({ [unheard]: 1_200, [JSON.stringify(tooMany)]: 10 });
  });

  it.each([
    ['joinSession', { id: open }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: guarded }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: unknown }, { error: { code: 404, message: 'Entity not found' } }],
    ['joinSession', {}, { error: { code: 400, message: expect.any(String) } }],
    ['dance', {}, { error: { code: 104, message: 'method not found' } }],
    ['rateSession', { id: open, rating: 5 }, { result: { data: '{"success":false,"code":"internal"}' } }],
    ['typing', {}, { result: { data: '{"success":false,"code":"invalid-input"}' } }],
    ['sendMessage', { id: open, body: 'x' }, { result: { data: '{"success":false,"code":"invalid-input"}' } }],
    [
      'sendMessage',
      { id: guarded, body: 'said', clientMessageId: unknown },
      { result: { data: '{"id":"said","createdAt":"","seq":1,"eventSeq":2}' } },
    ],
  ])('rpc %s %o', async (method, data, answer) => {
    const body = proxied<RpcRequest & ConnectedClient>({
      user: 'me',
      method,
      data,
      meta: { address: 'a', tokens: { [guarded]: 'token' }, audiences: [], sessions: [] },
    });
    expect(await rpc(body, body)).toEqual(answer);
  });

  it('rpc: what there is no room for may be tried again, and is told of', async () => {
    const meta = { address: 'a', tokens: {}, audiences: [], sessions: [] };
    const data = { id: open, messageId: open };
    const body = proxied<RpcRequest & ConnectedClient>({ user: 'me', method: 'readMessage', data, meta });
    told.length = 0;
    const refused = { success: false, code: 'no-room', retryAfter: 2 };
    expect(await rpc(body, body)).toMatchObject({ result: { data: JSON.stringify(refused) } });
    expect(told).toEqual(['bot-lane-full']);
  });

  const joining = (data: object, sessions: readonly string[]) =>
    proxied<RpcRequest & ConnectedClient>({
      user: 'me',
      method: 'joinSession',
      data,
      meta: { address: 'a', tokens: {}, audiences: [], sessions },
    });

  it('joinSession gives the channel, and takes back what was not given where nobody may be there', async () => {
    given.length = 0;
    for (const [data, sessions] of [
      [{ id: open }, [open]],
      [{ id: open }, []],
      [{ id: guarded }, []],
      [{ id: guarded, sessionToken: 'token' }, []],
      [{ id: banned }, []],
    ] as const) {
      const body = joining(data, sessions);
      await rpc(body, body);
    }
    // What the connection has already is given as well: it may have been taken meanwhile, and is left as it is if not.
    const has = [open, open, guarded, banned].map((id) => `c1 has ${id}`);
    expect(given).toEqual([...has, `c1 has not ${banned}`]);
  });

  it('joinSession of one more than a connection may have says so', async () => {
    given.length = 0;
    const body = joining(
      { id: open },
      Array.from({ length: 100 }, () => crypto.randomUUID()),
    );
    expect(await rpc(body, body)).toMatchObject({
      error: { code: 422, message: expect.stringContaining('at most 100') },
    });
    expect(given).toEqual([]);
  });
});
