import { describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import { openLog } from '../../platform/log.ts';
import { Notices } from '../../platform/notices.ts';
import { decideConnect, type SessionGate } from './connect.ts';
import type { ConnectedClient, ConnectingClient, ConnectRequest, RpcRequest } from './decisions.ts';
import type { JoinedChannels } from './joins.ts';
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
    if (method === 'joinSession' && id === banned) throw new Failure('client-banned');
  },
};
/** What was given to connections and taken from them. */
const given: string[] = [];
const channels: JoinedChannels = {
  give: async (client, id) => void given.push(`${client} has ${id}`),
  take: async (client, id) => void given.push(`${client} has not ${id}`),
};
const notices = new Notices(openLog('silent', false), systemClock, () => undefined);
const presence = new Presence({ gate, clock: systemClock, notices });
const limits = new LiveLimits({ open: 0, connections: 0, clock: systemClock, notices });
const connect = decideConnect(gate, limits, systemClock);
const rpc = decideRpc({ gate, presence, channels, limits, notices });

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

  it('each session of a connect and each call that writes counts for its address; what is too many is told to wait', async () => {
    const most = new LiveLimits({ open: 1, connections: 0, clock: systemClock, notices });
    const limited = {
      connect: decideConnect(gate, most, systemClock),
      rpc: decideRpc({ gate, presence, channels, limits: most, notices }),
    };
    const settings = { sessions: [open, guarded, unknown] };
    const body = proxied<ConnectRequest & ConnectingClient>({
      address: 'a',
      data: { application: 'widget', settings },
    });
    const call = proxied<RpcRequest & ConnectedClient>({
      method: 'joinSession',
      data: { id: open },
      meta: { address: 'a', tokens: {}, audiences: [], sessions: [] },
    });
    const tooMany = { error: { code: 429, message: 'Too many requests', temporary: true } };
    expect(await limited.connect(body, body)).toHaveProperty('result');
    expect(await limited.rpc(call, call)).toHaveProperty('result');
    expect(await limited.rpc(call, call)).toEqual(tooMany);
    expect(await limited.connect(body, body)).toHaveProperty('result');
    expect(await limited.connect(body, body)).toEqual(tooMany);
    expect(await limited.rpc({ ...call, method: 'typing' }, call)).toHaveProperty('result');
    const other = { ...body, address: 'b' };
    expect(await limited.connect(other, other)).toHaveProperty('result');
  });

  it.each([
    ['joinSession', { id: open }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: guarded }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: unknown }, { error: { code: 404, message: 'Entity not found' } }],
    ['joinSession', {}, { error: { code: 400, message: expect.any(String) } }],
    ['dance', {}, { error: { code: 104, message: 'method not found' } }],
    [
      'rateSession',
      { id: open, rating: 5 },
      { error: { code: 100, message: 'internal server error', temporary: true } },
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
