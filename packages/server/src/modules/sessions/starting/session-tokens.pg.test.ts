import { createHmac } from 'node:crypto';
import type { SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creep } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { echoBlocks, startTestApp, testSecrets, type Answered, type TestApp } from '../../../testing/test-app.ts';

const HOUR = 3_600_000;
const identitySecret = 'a secret of thirty-two characters or more';
const key = new Uint8Array(32).fill(7);
const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let creeping: Disposable;
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock, secrets: testSecrets(key) });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
const proof = () =>
  new SignJWT({ sub: 'anna' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(clock.now() / 1000) + 600)
    .sign(new TextEncoder().encode(identitySecret));
const verifying = (settings = {}) =>
  app.chat(echoBlocks, { identityVerification: 'optional', identitySecret, sessionTtl: 60, ...settings });
const say = ({ id }: SessionStarted, body: string, as: Record<string, string>): Promise<Answered> =>
  app.call('POST', `/sessions/${id}/clients/messages`, { body }, as);
const read = ({ id }: SessionStarted, as: Record<string, string>): Promise<Answered> =>
  app.call('GET', `/sessions/${id}/events`, undefined, as);

describe('a session token', () => {
  it('holds for as long as messages keep its session alive, and a day longer for reading and rating', async () => {
    const session = await app.start(await verifying());
    const own = bearer(session.sessionToken);
    for (let n = 0; n < 5; n++) {
      clock.advance(40_000);
      expect((await say(session, `message ${n}`, own)).status).toBe(201);
    }
    expect((await say(session, 'bye', own)).status).toBe(201);
    clock.advance(23 * HOUR);
    expect((await read(session, own)).body).toMatchObject({ items: expect.arrayContaining([]) });
    expect((await app.call('PUT', `/sessions/${session.id}/rating`, { rating: 4 }, own)).status).toBe(204);
    expect((await say(session, 'once more', own)).status).toBe(422);
    clock.advance(2 * HOUR);
    expect((await read(session, own)).headers.get('x-error-code')).toBe('session-token-refused');
  });

  it('that is broken refuses nothing where none is needed, and everything where one is', async () => {
    const bad = bearer('s1.zzzzzz.AAAA');
    const open = await app.start(await app.chat(echoBlocks));
    expect((await say(open, 'hello', bad)).status).toBe(201);
    expect((await read(open, bad)).status).toBe(200);
    const guarded = await app.start(await verifying());
    expect((await read(guarded, bad)).headers.get('x-error-code')).toBe('entity-not-found');
  });

  it('of before it slid with its session is good as long', async () => {
    const session = await app.start(await verifying());
    const end = Math.ceil(clock.now() / 1000 + 60).toString(36);
    const signature = createHmac('sha256', key).update(`${session.id}.${end}`).digest('base64url');
    const own = bearer(`s1.${end}.${signature}`);
    clock.advance(50_000);
    expect((await say(session, 'hello', own)).status).toBe(201);
    clock.advance(50_000);
    expect((await say(session, 'still here', own)).status).toBe(201);
    expect((await app.call('DELETE', `/sessions/${session.id}/tokens`, [], own)).status).toBe(204);
    expect((await read(session, own)).status).toBe(401);
  });

  it('is revoked by its holder, and by the company, with all there were; a proof gets another', async () => {
    const chatId = await verifying();
    const session = await app.start(chatId, { identityToken: await proof() });
    const own = bearer(session.sessionToken);
    expect((await app.call('DELETE', `/sessions/${session.id}/tokens`, [], own)).status).toBe(204);
    expect((await read(session, own)).status).toBe(401);
    expect((await app.call('DELETE', `/sessions/${session.id}/tokens`, [], own)).status).toBe(401);
    const again = await app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, {
      identityToken: await proof(),
    });
    expect(again.body.id).toBe(session.id);
    const other = bearer(again.body.sessionToken);
    expect((await read(session, other)).status).toBe(200);
    expect((await app.call('DELETE', `/sessions/${session.id}/tokens`, [], app.admin)).status).toBe(204);
    expect((await read(session, other)).status).toBe(401);
    const tenant = await app.tenant();
    expect((await app.call('DELETE', `/sessions/${session.id}/tokens`, [], tenant.header)).status).toBe(404);
  });
});

describe('the key of a start', () => {
  it('brings nobody a token once those of the session are revoked, but whoever proves it', async () => {
    const chatId = await verifying();
    for (const [body, expected] of [
      [{}, 422],
      [{ identityToken: await proof() }, 200],
    ] as const) {
      const key = { 'idempotency-key': crypto.randomUUID() };
      const start = () => app.call<SessionStarted>('POST', `/chats/${chatId}/sessions`, body, key);
      const { id, sessionToken } = (await start()).body;
      expect((await start()).body.id).toBe(id);
      await app.call('DELETE', `/sessions/${id}/tokens`, [], bearer(sessionToken));
      expect((await start()).status).toBe(expected);
    }
  });
});

describe('a bearer that is no token in form', () => {
  const texts = ['broken', 'undefined', 'a.b', 'a.b.c', 'null', `s2.${'x'.repeat(600)}`];
  const calls = ({ id, messages }: SessionStarted): [string, string, object?][] => [
    ['GET', `/sessions/${id}`],
    ['GET', `/sessions/${id}/messages`],
    ['GET', `/sessions/${id}/events`],
    ['POST', `/sessions/${id}/clients/messages`, { body: 'hello' }],
    ['PATCH', `/sessions/${id}/typing`, {}],
    ['PATCH', `/messages/${messages[0]?.id}/read`],
    ['PUT', `/sessions/${id}/rating`, { rating: 5 }],
  ];
  const made = async (session: SessionStarted, text: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (const [method, path, body] of calls(session)) {
      statuses.push((await app.call(method, path, body, bearer(text))).status);
    }
    return statuses;
  };

  it('refuses a holder nothing where none is needed, and opens nothing where one is', async () => {
    const [open, guarded] = [await app.start(await app.chat(echoBlocks)), await app.start(await verifying())];
    for (const text of texts) {
      expect(await made(open, text), text).toEqual([200, 200, 200, 201, 204, 204, 204]);
      expect(await made(guarded, text), text).toEqual(calls(guarded).map(() => 404));
    }
  });

  it('is refused where it may be a user’s: by what users call, and by whoever shows a token of one that does not hold', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    expect((await app.call('GET', '/users/me', undefined, bearer('broken'))).status).toBe(401);
    const forged = await new SignJWT({ sub: '1', company_id: 1 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new Uint8Array(32));
    for (const text of [forged, `molva_${'a'.repeat(43)}`]) {
      expect(await made(session, text)).toEqual(calls(session).map(() => 401));
    }
  });
});
