import type { EventPage, ListPage, Message, MessageAccepted, SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

const start = (body: unknown, headers = {}) =>
  app.call<SessionStarted>('POST', `/chats/${chatId}/sessions`, body, headers);
const resume = (body: unknown, headers = {}) =>
  app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, body, headers);
const send = (id: string, body: unknown, headers = {}) =>
  app.call<MessageAccepted>('POST', `/sessions/${id}/clients/messages`, body, headers);
const details = (id: string) => app.call('GET', `/sessions/${id}`, undefined, app.admin);
const bodies = (started: SessionStarted) => started.messages.map((message) => message.body);

describe('starting a session', () => {
  it('takes the empty array for an empty body, and answers under every base', async () => {
    for (const base of ['/api/v1', '/api/chats/v1', '/api/bot/v1', '/api/iam/v1']) {
      const answer = await app.call<SessionStarted>('POST', `${base}/chats/${chatId}/sessions?x_widget=1`, []);
      expect(answer.status).toBe(201);
      expect(bodies(answer.body)).toEqual(['Say something']);
    }
  });

  it('stores and uses every documented field', async () => {
    const given = {
      name: 'Order 7',
      sessionTtl: 120,
      messengerType: 'WHATSAPP',
      messengerUserId: 'wa-1',
      messageBody: 'hello',
      clientNameForOperator: 'Anna',
      clientExternalId: 'ext-1',
      clientPhone: 79990001122,
      clientEmail: 'anna@example.com',
      clientName: 'Anna B',
      clientFirstName: 'Anna',
      clientMiddleName: 'C',
      clientLastName: 'B',
      clientDeviceId: 'device',
      clientTimezone: 180,
      clientMetadata: { order: '7' },
      variables: [],
      channel: 'WIDGET',
      referer: 'https://shop.example/cart',
      returnAnswerAsync: false,
      eventCallbackData: 'data',
      notifyOnEvents: ['MESSAGE_CREATED', 'sessionClosed'],
      botNodeId: 'listen',
    };
    const { status, body } = await start(given);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ttl: 120,
      messages: [{ body: 'More?', authorType: 'BOT', actions: [], answers: [] }],
    });
    expect(body.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await details(body.id)).body).toMatchObject({
      name: 'Order 7',
      ttl: 120,
      channel: 'WIDGET',
      messengerType: 'WHATSAPP',
      referer: 'https://shop.example/cart',
      unreadClientMessageCount: 1,
      operatorType: 'BOT',
    });
  });

  it.each([
    [{ sessionTtl: 43201 }, 'sessionTtl'],
    [{ sessionTtl: 0 }, 'sessionTtl'],
    [{ clientTimezone: 'x' }, 'clientTimezone'],
    [{ botId: 'nope' }, 'botId'],
    [{ botId: crypto.randomUUID() }, 'botId'],
    [{ botNodeId: 'nowhere' }, 'botNodeId'],
    [{ messageAttachments: [crypto.randomUUID()] }, 'messageAttachments'],
    [{ messageBody: '' }, 'messageBody'],
    [{ messageBody: 'x'.repeat(4097) }, 'messageBody'],
    [{ callbackUrl: 'ftp://x' }, 'callbackUrl'],
    [{ notifyOnEvents: ['NOPE'] }, 'notifyOnEvents.0'],
    [{ eventCallbackData: '' }, 'eventCallbackData'],
    [{ replyToMessageId: crypto.randomUUID(), messageBody: 'x' }, 'replyToMessageId'],
    [{ clientMetadata: 'text' }, 'clientMetadata'],
    [{ returnAnswerAsync: 'yes' }, 'returnAnswerAsync'],
    [{ variables: [1] }, 'variables'],
  ])('refuses %o and names %s', async (body, field) => {
    const answer = await start(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'Invalid input parameters', details: { code: 'invalid-input' } });
    expect(Object.keys((answer.body as unknown as { details: { fields: object } }).details.fields)).toContain(field);
  });

  it('answers 404 for an unknown chat, 400 for what is no object or no JSON', async () => {
    expect((await app.call('POST', `/chats/${crypto.randomUUID()}/sessions`, {})).status).toBe(404);
    expect((await start([1])).status).toBe(400);
    expect((await start('{')).body).toEqual({ error: 'The body is not valid JSON', details: expect.any(Object) });
  });

  it('says nothing before somebody listens where the answer is wanted live', async () => {
    const { body } = await start({ returnAnswerAsync: true });
    expect(body.messages).toEqual([]);
    const log = await app.call<EventPage>('GET', `/sessions/${body.id}/events?after=0`);
    expect(log.body.items).toEqual([]);
  });

  it('lets the client speak first where the chat says so', async () => {
    const quiet = await app.chat(echoBlocks, { answerOnFirstClientMessage: true });
    const session = await app.start(quiet, { clientMetadata: { said: 'before' } });
    expect(session.messages).toEqual([]);
    await send(session.id, { body: 'hi' });
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages`);
    expect(body.items.map((message) => message.body)).toEqual(['hi', 'Say something']);
  });

  it('answers the same session for the same key, and refuses a key that can be guessed', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() };
    const [first, second] = await Promise.all([
      start({ messageBody: 'once' }, key),
      start({ messageBody: 'once' }, key),
    ]);
    expect(new Set([first.body.id, second.body.id]).size).toBe(1);
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 201]));
    const third = await start({ messageBody: 'once' }, key);
    expect(third.headers.get('idempotent-replay')).toBe('true');
    expect(third.body).toMatchObject({ id: first.body.id, messageId: first.body.messageId });
    expect(bodies(third.body)).toEqual(bodies(first.body));
    expect((await start({}, { 'idempotency-key': '1' })).status).toBe(400);
  });
});

describe('continuing a session', () => {
  it('goes on with the named one, or the newest of a known client, else begins another', async () => {
    const first = (await start({})).body;
    const named = await start({ sessionId: first.id, messageBody: 'again' });
    expect(named.status).toBe(200);
    expect([named.body.id, bodies(named.body)]).toEqual([first.id, ['You said again', 'More?']]);
    const byClient = await resume({ clientId: first.clientId });
    expect([byClient.status, byClient.body.id]).toEqual([200, first.id]);
    expect((await resume({})).body.id).not.toBe(first.id);
    expect((await start({ sessionId: crypto.randomUUID() })).body.id).not.toBe(first.id);
  });

  it('never opens another person’s session by an identity nobody proved', async () => {
    const victim = (await resume({ clientExternalId: 'victim' }, app.admin)).body;
    const thief = (await resume({ clientExternalId: 'victim' })).body;
    expect(thief.id).not.toBe(victim.id);
    expect(thief.clientId).not.toBe(victim.clientId);
    expect((await resume({ clientExternalId: 'victim' }, app.admin)).body.id).toBe(victim.id);
    const trusting = await app.chat(echoBlocks, { resumeByExternalId: true });
    const begin = () => app.call<SessionStarted>('PUT', `/chats/${trusting}/sessions`, { clientExternalId: 'someone' });
    expect((await begin()).body.id).toBe((await begin()).body.id);
  });

  it('of a client with identities that others have takes the first one it names', async () => {
    const known = (await resume({ clientExternalId: 'twice' }, app.admin)).body;
    const clientId = crypto.randomUUID();
    const named = await resume({ clientId, clientExternalId: 'twice' }, app.admin);
    expect([named.status, named.body.clientId]).toEqual([201, clientId]);
    const messenger = { messengerType: 'TELEGRAM', messengerUserId: 'tg-twice', clientExternalId: 'twice' };
    const first = (await resume(messenger, app.admin)).body;
    expect([known.clientId, clientId]).not.toContain(first.clientId);
    expect((await resume(messenger, app.admin)).body.id).toBe(first.id);
    expect((await resume({ clientExternalId: 'twice' }, app.admin)).body.id).toBe(known.id);
  });

  it('wants the session token where the chat verifies, and identity where it requires it', async () => {
    const identitySecret = 'a secret of at least thirty-two characters';
    const chat = await app.chat(echoBlocks, { identityVerification: 'required', identitySecret });
    const path = `/chats/${chat}/sessions`;
    expect((await app.call('POST', path, {})).status).toBe(401);
    const sign = (secret: string, subject = 'anna') =>
      new SignJWT({ name: 'Anna\0' })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(subject)
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(secret));
    expect((await app.call('POST', path, { identityToken: await sign(`${identitySecret}!`) })).status).toBe(401);
    const { body: session } = await app.call<SessionStarted>('POST', path, {
      identityToken: await sign(identitySecret),
    });
    expect((await send(session.id, { body: 'hi' })).status).toBe(404);
    expect((await send(session.id, { body: 'hi' }, { authorization: 'Bearer s1.zzzzzzz.AAAA' })).status).toBe(404);
    expect((await send(session.id, { body: 'hi' }, { authorization: `Bearer ${session.sessionToken}` })).status).toBe(
      201,
    );
    const identityToken = await sign(identitySecret);
    const again = await app.call<SessionStarted>('PUT', path, { identityToken });
    expect(again.body.id).toBe(session.id);
    // On a device that calls itself something else its owner is who the token says.
    const elsewhere = { identityToken, clientId: crypto.randomUUID() };
    expect((await app.call<SessionStarted>('PUT', path, elsewhere)).body.id).toBe(session.id);
    for (const subject of ['a\0b', 'x'.repeat(256)]) {
      expect((await app.call('POST', path, { identityToken: await sign(identitySecret, subject) })).status).toBe(401);
    }
  });
});

describe('a client’s message', () => {
  it('is answered in the same commit and has its place', async () => {
    const session = (await start({})).body;
    const { status, body } = await send(session.id, { body: 'hi' });
    expect([status, body.seq, body.eventSeq]).toEqual([201, 2, 2]);
    const log = await app.call<EventPage>('GET', `/sessions/${session.id}/events?after=1&limit=2`);
    expect(log.body).toMatchObject({
      hasMore: true,
      items: [{ eventSeq: 2, data: { body: 'hi', authorType: 'CLIENT' } }, { eventSeq: 3 }],
    });
  });

  it('is taken once however often and however many at a time it is repeated', async () => {
    const session = (await start({})).body;
    const message = { body: 'once', clientMessageId: crypto.randomUUID() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(session.id, message)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages`);
    expect(body.items.map((item) => item.body)).toEqual(['Say something', 'once', 'You said once', 'More?']);
  });

  it('can answer another one', async () => {
    const session = (await start({})).body;
    const first = (await send(session.id, { body: 'first' })).body;
    expect((await send(session.id, { body: 'reply', replyToMessageId: first.id })).status).toBe(201);
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages?sort=-seq&limit=3`);
    expect(body.items.at(-1)?.replyTo).toMatchObject({
      id: first.id,
      body: 'first',
      authorType: 'CLIENT',
      clientId: session.clientId,
      botId: null,
      userId: null,
    });
    expect((await send(session.id, { body: 'x', replyToMessageId: crypto.randomUUID() })).status).toBe(400);
  });

  it('keeps the order of many at once', async () => {
    const session = (await start({})).body;
    await Promise.all(Array.from({ length: 20 }, (_, index) => send(session.id, { body: String(index) })));
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages?limit=100`);
    expect(body.items.map(({ seq }) => seq)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
    const answers = body.items.filter((item) => item.body.startsWith('You said'));
    const said = body.items.filter((item) => item.authorType === 'CLIENT');
    expect(answers.map((item) => item.body)).toEqual(said.map((item) => `You said ${item.body}`));
  });

  it('is refused by a closed session, an unknown one, and when empty or too long', async () => {
    const session = (await start({})).body;
    await send(session.id, { body: 'x' });
    await send(session.id, { body: 'bye' });
    expect((await send(session.id, { body: 'late' })).body).toEqual({ error: 'The session is closed', details: null });
    expect((await send(crypto.randomUUID(), { body: 'x' })).status).toBe(404);
    expect((await send(session.id, { body: '' })).status).toBe(400);
    expect((await send(session.id, { body: 'x'.repeat(4097) })).status).toBe(400);
  });

  it('survives a restart of the server', async () => {
    const session = (await start({})).body;
    await send(session.id, { body: 'before' });
    await app.restart();
    await send(session.id, { body: 'after' });
    const { body } = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages`);
    expect(body.items.map((item) => item.body)).toEqual([
      'Say something',
      'before',
      'You said before',
      'More?',
      'after',
      'You said after',
      'More?',
    ]);
  });
});
