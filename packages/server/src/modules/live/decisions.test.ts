import { describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import { openLog } from '../../platform/log.ts';
import { decideConnect, type SessionGate } from './connect.ts';
import type { ConnectedClient, ConnectingClient, ConnectRequest, RpcRequest } from './decisions.ts';
import { Presence } from './presence.ts';
import { decideRpc } from './rpc.ts';

const open = '11111111-1111-4111-8111-111111111111';
const guarded = '22222222-2222-4222-8222-222222222222';
const closed = '33333333-3333-4333-8333-333333333333';

/** One session that everybody may enter, one that its token opens, one that is over; no others. */
const gate: SessionGate = {
  async enter(id, { sessionToken }) {
    if (id === guarded && sessionToken !== 'token') throw new Failure('session-token-refused');
    if (![open, guarded, closed].includes(id)) throw new Failure('entity-not-found');
    return { id, open: id !== closed };
  },
  async call(method) {
    if (method === 'rateSession') throw new Error('no database');
  },
};
const log = openLog('silent', false);
const connect = decideConnect(gate);
const rpc = decideRpc(gate, new Presence({ gate, clock: systemClock, log }), log);

/** A call as a Centrifugo's proxy makes it: one JSON body that names the client and what it wants. */
const proxied = <T>(body: object): T =>
  JSON.parse(
    JSON.stringify({ client: 'c1', transport: 'websocket', protocol: 'json', encoding: 'json', ...body }),
  ) as T;

describe('a decision about the body of a proxy call is the body of its answer', () => {
  it.each([
    ['a client gets the sessions that are open to it', { sessions: [open, guarded, closed, 'x'] }, [open]],
    ['a token opens more', { sessions: [open, guarded], sessionTokens: { [guarded]: 'token' } }, [open, guarded]],
  ])('connect: %s', async (_name, settings, sessions) => {
    const body = proxied<ConnectRequest & ConnectingClient>({
      data: { application: 'widget', settings: { ...settings, echo: true } },
    });
    const subs = Object.fromEntries(sessions.map((id) => [`widget:${id}`, { audiences: ['client'] }]));
    const answer = await connect(body, body);
    expect(answer).toEqual({
      result: { user: '', meta: { tokens: 'sessionTokens' in settings ? settings.sessionTokens : {} }, subs },
    });
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  it('connect: data that cannot be read ends the connection', async () => {
    const body = proxied<ConnectRequest & ConnectingClient>({ data: { application: 'other' } });
    expect(await connect(body, body)).toEqual({ disconnect: { code: 3501, reason: 'bad request' } });
  });

  it.each([
    ['joinSession', { id: open }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: guarded }, { result: { data: '{"success":true}' } }],
    ['joinSession', { id: closed }, { error: { code: 404, message: 'Entity not found' } }],
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
      meta: { tokens: { [guarded]: 'token' } },
    });
    expect(await rpc(body, body)).toEqual(answer);
  });
});
