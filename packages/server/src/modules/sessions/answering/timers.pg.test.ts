import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { EventPage, ListPage, Message } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import { until } from '../../../testing/until.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const said = async (id: string): Promise<string[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`)).body.items.map(({ body }) => body);

it('a session closes when its life time has passed, counted from its last message, and says so', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  const session = await app.start(await app.chat(echoBlocks, { sessionRatingRequired: true }), { sessionTtl: 60 });
  const status = async () => (await app.call('GET', `/sessions/${session.id}`)).body['status'];
  clock.advance(40_000);
  await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'still here' });
  clock.advance(40_000);
  expect(await status()).toBe('ACTIVE');
  await until(clock, async () => (await status()) === 'CLOSED', 1_000);
  expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(100_000);
  const { body } = await app.call<EventPage>('GET', `/sessions/${session.id}/events`);
  expect(body.items.at(-1)).toMatchObject({ event: 'sessionClosed', data: { sessionRatingRequired: true } });
});

it('a pause goes on by itself, over a restart too', async () => {
  const chatId = await app.chat({
    start: { type: 'start', next: 'pause' },
    pause: { type: 'pause', seconds: 1.5, next: 'hello' },
    hello: { type: 'question', text: 'Hello' },
  });
  const session = await app.begun(chatId, 'hi');
  await app.restart();
  await expect.poll(() => said(session.id)).toEqual(['hi', 'Hello']);
});

it('a caller that wants the answer at once gets what a pausing bot says', async () => {
  const chatId = await app.chat({
    start: { type: 'start', next: 'first' },
    first: { type: 'message', text: 'One moment', next: 'pause' },
    pause: { type: 'pause', seconds: 0.3, next: 'hello' },
    hello: { type: 'question', text: 'Hello' },
  });
  const session = await app.start(chatId);
  expect(session.messages.map(({ body }) => body)).toEqual(['One moment', 'Hello']);
});

it('a question that waits too long takes its branch', async () => {
  const chatId = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Well?', timeout: { seconds: 1, next: 'end' } },
    end: { type: 'end', text: 'Too late' },
  });
  const session = await app.start(chatId);
  await expect.poll(() => said(session.id)).toEqual(['Well?', 'Too late']);
});

it('nobody takes over: the busy message, then the bot goes on', async () => {
  const chatId = await app.chat(
    {
      start: { type: 'start', next: 'person' },
      person: { type: 'operator', notFound: 'sorry' },
      sorry: { type: 'question', text: 'I am here' },
    },
    { operatorsBusyMessage: 'All are busy' },
  );
  expect((await app.start(chatId)).messages.map(({ body }) => body)).toEqual(['All are busy', 'I am here']);
});

it('bot answers and notifications reach the integrator, in order, over a failing first try', async () => {
  const received: { path: string; body: Record<string, unknown> }[] = [];
  let failures = 1;
  const receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (failures-- > 0) return response.writeHead(500).end();
      received.push({ path: request.url ?? '', body: JSON.parse(text) as Record<string, unknown> });
      return response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const chatId = await app.chat(echoBlocks, { eventCallbackUrl: `${base}/chat`, notifyOnEvents: ['SESSION_CLOSED'] });
  const session = await app.start(chatId, {
    returnAnswerAsync: true,
    callbackUrl: `${base}/bot`,
    callbackData: 'mine',
    eventCallbackUrl: `${base}/events`,
    eventCallbackData: 'yours',
    notifyOnEvents: ['SESSION_STARTED', 'chatMessageCreated'],
  });
  await expect.poll(() => received.length).toBe(3);
  expect(received.map(({ path }) => path)).toEqual(['/events', '/events', '/bot']);
  expect(received[0]?.body).toMatchObject({
    event: 'SESSION_STARTED',
    sessionId: session.id,
    chatId,
    eventCallbackData: 'yours',
  });
  expect(received[1]?.body).toMatchObject({ event: 'MESSAGE_CREATED', data: { body: 'Say something' } });
  expect(received[2]?.body).toMatchObject({
    dialogId: session.id,
    status: 'WAIT',
    language: 'en',
    callbackData: 'mine',
    messages: [{ body: 'Say something', substitutions: { nodeId: 'ask' } }],
  });
  receiver.close();
});
