import type { Client, Session, SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

const SECRET = 'a secret of more than thirty-two characters';

let app: TestApp;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks, { identityVerification: 'optional', identitySecret: SECRET });
});
afterAll(() => app[Symbol.asyncDispose]());

const identityOf = (subject: string) =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET));
const start = (body: object, headers = {}) =>
  app.call<SessionStarted>('POST', `/chats/${chatId}/sessions`, body, headers);
const client = async (id: string) => (await app.call<Client>('GET', `/clients/${id}`, undefined, app.admin)).body;

describe('a signed identity', () => {
  it('proves nothing but itself: a messenger number beside it stays its owner’s', async () => {
    const messenger = { messengerType: 'WHATSAPP', messengerUserId: '79990001122' };
    const visitor = (await start({ identityToken: await identityOf('mallory'), ...messenger })).body;
    const owner = await app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, messenger, app.admin);
    expect([owner.status, owner.body.clientId === visitor.clientId]).toEqual([201, false]);
    expect((await client(visitor.clientId)).messengerUserId).toBeNull();
    expect((await start({ identityToken: await identityOf('new'), ...messenger })).status).toBe(201);
  });

  it('is not lent by a client’s id: neither another’s signature nor none opens a proven client', async () => {
    const victim = (await start({ identityToken: await identityOf('alice'), clientName: 'Alice' })).body;
    const others = [
      { clientId: victim.clientId, identityToken: await identityOf('mallory-2'), clientName: 'Mallory' },
      { clientId: victim.clientId, clientName: 'Mallory' },
    ];
    for (const body of others) expect((await start(body)).body.clientId).not.toBe(victim.clientId);
    expect(await client(victim.clientId)).toMatchObject({ name: 'Alice', externalId: 'alice' });
  });

  it('makes the anonymous visitor who signs in known, on every device', async () => {
    const anonymous = (await start({})).body;
    const identityToken = await identityOf('bob');
    const signedIn = (await start({ clientId: anonymous.clientId, identityToken })).body;
    const elsewhere = (await start({ identityToken })).body;
    expect([signedIn.clientId, elsewhere.clientId]).toEqual([anonymous.clientId, anonymous.clientId]);
    expect((await client(anonymous.clientId)).externalId).toBe('bob');
  });

  it('proves nothing that the visitor said before it signed in, whoever has it by now', async () => {
    for (const [subject, messengerUserId, owned] of [
      ['eve', '79991110000', false],
      ['eve-2', '79992220000', true],
    ] as const) {
      const messenger = { messengerType: 'WHATSAPP', messengerUserId };
      if (owned) await start(messenger, app.admin);
      const anonymous = (await start({ ...messenger, clientExternalId: undefined })).body;
      const identityToken = await identityOf(subject);
      const signedIn = await start({ clientId: anonymous.clientId, identityToken });
      expect([signedIn.status, signedIn.body.clientId]).toEqual([201, anonymous.clientId]);
      expect((await client(anonymous.clientId)).messengerUserId).toBeNull();
      const owner = await app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, messenger, app.admin);
      expect(owner.body.clientId).not.toBe(anonymous.clientId);
    }
  });

  it('does not adopt a client that was planted under its name', async () => {
    const planted = (await start({ clientExternalId: 'carol' })).body;
    const identityToken = await identityOf('carol');
    expect((await start({ clientId: planted.clientId, identityToken })).body.clientId).not.toBe(planted.clientId);
  });

  it('is not needed by the company itself, but by everybody else, where the chat requires one', async () => {
    const required = await app.chat(echoBlocks, { identityVerification: 'required', identitySecret: SECRET });
    const stranger = await app.tenant();
    const by = async (headers = {}) => (await app.call('POST', `/chats/${required}/sessions`, {}, headers)).status;
    expect([await by(app.admin), await by(), await by(stranger.header)]).toEqual([201, 401, 401]);
  });

  it('without a name is none', async () => {
    expect((await start({ identityToken: await identityOf('') })).status).toBe(401);
  });
});

it('a back end that names a known client with more identities makes them its own', async () => {
  const { clientId } = (await start({}, app.admin)).body;
  const more = { clientExternalId: 'crm-7', messengerType: 'TELEGRAM', messengerUserId: 'tg-7' };
  await start({ clientId, ...more }, app.admin);
  const claimed = (await start({ clientExternalId: 'unproven' })).body.clientId;
  await start({ clientId: claimed, messengerType: 'TELEGRAM', messengerUserId: 'tg-8' }, app.admin);
  expect(await client(claimed)).toMatchObject({ externalId: null, messengerUserId: 'tg-8' });
  expect((await start({ clientExternalId: 'crm-7' }, app.admin)).body.clientId).toBe(clientId);
  expect((await start({ messengerType: 'TELEGRAM', messengerUserId: 'tg-7' }, app.admin)).body.clientId).toBe(clientId);
  const details = (await start({ clientId }, app.admin)).body;
  const { body } = await app.call<Session>('GET', `/sessions/${details.id}`, undefined, app.admin);
  expect(body.clientExternalId).toBe('crm-7');
});

it('two changes of a chat at once are both kept', async () => {
  const id = await app.chat(echoBlocks);
  const put = (body: object) => app.call('PUT', `/chats/${id}`, body, app.admin);
  for (let round = 1; round <= 10; round++) {
    await Promise.all([put({ timerFirstAnswer: round }), put({ timerNextAnswers: round })]);
    const { body } = await app.call('GET', `/chats/${id}`, undefined, app.admin);
    expect(body).toMatchObject({ timerFirstAnswer: round, timerNextAnswers: round });
  }
});

it('a chat whose row was written by hand, to the microsecond, can be changed', async () => {
  const id = await app.chat(echoBlocks);
  const database = new pg.Client(app.connection);
  await database.connect();
  await database.query("update chats set updated_at = '2026-01-01 00:00:00.123456+00' where id = $1", [id]);
  await database.end();
  expect((await app.call('PUT', `/chats/${id}`, { name: 'Changed' }, app.admin)).status).toBe(204);
  const list = (query: string) => app.call<{ count: number }>('GET', `/chats?${query}`, undefined, app.admin);
  expect((await list('name=Chang&keyword=hanged')).body.count).toBe(1);
  expect((await list('name=Chang&keyword=zzz')).body.count).toBe(0);
});

it('a call that failed keeps its wait, however many come behind it', async () => {
  await using receiver = await startReceiver((_call, response) => response.writeHead(503).end());
  const session = (await start({ eventCallbackUrl: receiver.url, notifyOnEvents: ['MESSAGE_CREATED'] }, app.admin))
    .body;
  await expect.poll(() => receiver.received.length).toBe(1);
  const headers = { authorization: `Bearer ${session.sessionToken}` };
  for (let count = 0; count < 4; count++) {
    await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'x' }, headers);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(receiver.received.length).toBe(1);
});
