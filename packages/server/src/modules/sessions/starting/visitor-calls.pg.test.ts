import { createHmac } from 'node:crypto';
import type { SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { json, startReceiver, type Received, type Receiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

const SECRET = 'a secret of the integrator';
const TOPICS = ['/topics/all', "'all' in topics", 'a b', '/a'];

const clock = new FakeClock(Date.parse('2026-01-28T12:00:10Z'));
let app: TestApp;
let receiver: Receiver;
let failing = false;
beforeAll(async () => {
  receiver = await startReceiver((_call, response) => json(response, {}, failing ? 500 : 200));
  app = await startTestApp({ clock, limits: { user: 0, open: 40, starts: 0 } });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const at = (path: string): Received[] => receiver.received.filter((call) => call.path === path);
const told = (path: string) => at(path).map(({ body }) => [body['event'], body['eventCallbackData']]);
const start = (chatId: string, body: object, headers = {}, method = 'POST') =>
  app.call<SessionStarted & { details: Record<string, string[]> }>(method, `/chats/${chatId}/sessions`, body, headers);
/** What is there by and by: timers go by a clock that stands unless it is moved. */
const polled = (what: () => unknown, ms = 1) =>
  expect.poll(
    () => {
      clock.advance(ms);
      return what();
    },
    { interval: 20 },
  );
const send = (id: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body: 'hello' });

/** A chat whose company hears of what is said. */
const chatWith = (path: string, more: object = {}): Promise<string> =>
  app.chat(echoBlocks, {
    eventCallbackUrl: `${receiver.url}${path}`,
    eventCallbackData: 'of the chat',
    notifyOnEvents: ['MESSAGE_CREATED', 'SESSION_SPAM'],
    callbackSecret: SECRET,
    ...more,
  });

describe('an open start', () => {
  it('names receivers beside the company’s, which are told unsigned and nothing of the company', async () => {
    const chatId = await chatWith('/company');
    const named = {
      eventCallbackUrl: `${receiver.url}/visitor`,
      notifyOnEvents: ['SESSION_STARTED', 'SESSION_SPAM'],
      callbackUrl: `${receiver.url}/answers`,
      callbackData: 'mine',
      returnAnswerAsync: true,
    };
    const { body } = await start(chatId, named);
    await app.call('PATCH', `/sessions/${body.id}/spam`, undefined, app.admin);
    await polled(() => told('/company').length).toBe(2);
    expect(told('/company')).toEqual([
      ['MESSAGE_CREATED', 'of the chat'],
      ['SESSION_SPAM', 'of the chat'],
    ]);
    await polled(() => [told('/visitor'), at('/answers').length]).toEqual([[['SESSION_STARTED', null]], 1]);
    expect(at('/answers')[0]?.body).toMatchObject({ callbackData: 'mine', status: 'WAIT' });
    const signed = (path: string) => at(path).map(({ headers }) => 'x-signature' in headers);
    expect([signed('/company'), signed('/visitor'), signed('/answers')]).toEqual([[true, true], [false], [false]]);
  });

  it('neither mutes the company’s receiver, nor changes what it gets, nor takes what the company named for the session', async () => {
    const chatId = await chatWith('/kept');
    const muting = { notifyOnEvents: [], eventCallbackData: 'a visitor’s', callbackData: 'a visitor’s' };
    await start(chatId, muting);
    await polled(() => told('/kept')).toEqual([['MESSAGE_CREATED', 'of the chat']]);
    const own = {
      eventCallbackUrl: `${receiver.url}/own`,
      eventCallbackData: 'own',
      notifyOnEvents: ['MESSAGE_CREATED'],
    };
    const { body } = await start(chatId, own, app.admin);
    const others = { eventCallbackUrl: `${receiver.url}/other`, notifyOnEvents: ['SESSION_RATED'], messageBody: 'hi' };
    await start(chatId, { ...others, ...muting, sessionId: body.id }, {}, 'PUT');
    await polled(() => told('/own')).toEqual(Array.from({ length: 4 }, () => ['MESSAGE_CREATED', 'own']));
    expect(told('/other')).toEqual([]);
  });

  it('has as many calls a minute as its address may ask for, and the company all of its', async () => {
    clock.advance(60_000);
    const chatId = await chatWith('/all');
    const { body } = await start(chatId, {
      eventCallbackUrl: `${receiver.url}/some`,
      callbackUrl: `${receiver.url}/some`,
    });
    for (let n = 0; n < 35; n++) await send(body.id);
    const all = 1 + 35 * 3;
    await polled(() => at('/all').length).toBe(all);
    await polled(() => at('/some').length).toBe(120);
    await polled(() => app.metrics()).toMatch(/molva_notices_total\{[^}]*visitor-calls-limited[^}]*\} [1-9]/);
    expect(at('/some')).toHaveLength(120);
  });

  it.each(['callbackUrl', 'callbackData', 'eventCallbackUrl', 'eventCallbackData', 'notifyOnEvents'])(
    'that names %s where the chat verifies is refused, with the field and the setting, and writes nothing',
    async (field) => {
      clock.advance(60_000);
      const chatId = await chatWith('/verifying', { identityVerification: 'optional', resumeByExternalId: true });
      const value = field === 'notifyOnEvents' ? [] : field.endsWith('Url') ? receiver.url : 'data';
      const clientId = crypto.randomUUID();
      for (const method of ['POST', 'PUT']) {
        const { status, body } = await start(chatId, { clientId, [field]: value }, {}, method);
        expect([status, body.details[field]?.[0]]).toEqual([400, expect.stringContaining('identityVerification')]);
      }
      expect((await app.call('GET', `/clients/${clientId}`, undefined, app.admin)).status).toBe(404);
      expect((await start(chatId, { [field]: value }, app.admin)).status).toBe(201);
    },
  );
});

it.each(TOPICS)('%s is no device, whoever names it', async (clientDeviceId) => {
  clock.advance(60_000);
  const chatId = await chatWith('/pushes');
  for (const headers of [{}, app.admin]) {
    for (const method of ['POST', 'PUT']) {
      const { status, body } = await start(chatId, { clientDeviceId }, headers, method);
      expect([status, Object.keys(body.details)]).toEqual([400, expect.arrayContaining(['clientDeviceId'])]);
    }
  }
  expect((await start(chatId, { clientDeviceId: 'fcm:token_of-a.device' })).status).toBe(201);
  expect((await start(chatId, { clientDeviceId: '' })).status).toBe(201);
});

it('what is sent is signed in each try, with the secret of that moment and the time, under one id', async () => {
  clock.advance(60_000);
  failing = true;
  const chatId = await chatWith('/signed');
  await start(chatId, {}, app.admin);
  await polled(() => at('/signed').length).toBe(1);
  failing = false;
  const next = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  await app.call('PUT', `/chats/${chatId}`, { callbackSecret: next }, app.admin);
  await polled(() => at('/signed').length, 1_000).toBe(2);
  const [first, second] = at('/signed');
  for (const [call, secret, key] of [
    [first, SECRET, Buffer.from(SECRET)],
    [second, next, Buffer.from(next.slice(6), 'base64')],
  ] as const) {
    const { headers, text } = call as Received;
    const signed = [headers['webhook-id'], headers['webhook-timestamp'], text].join('.');
    const standard = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${standard}`);
    expect(headers['x-signature']).toBe(createHmac('sha256', secret).update(text).digest('hex'));
  }
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThan(Number(first?.headers['webhook-timestamp']));
});
