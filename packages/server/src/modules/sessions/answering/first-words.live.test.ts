import type { SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atWork, creep, handsOver, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { watch } from '../../../testing/listener.ts';
import { json, startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let work: AtWork;
let creeping: Disposable;
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock });
  work = atWork(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

const live = { returnAnswerAsync: true };

it('the first words are said when somebody joins who hears them, once', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), live);
  await pass(clock, 5);
  expect(await work.said(id)).toEqual([]);
  using first = await watch(app, id);
  await expect.poll(() => first.bodies()).toEqual(['Say something']);
  using _second = await watch(app, id);
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['Say something']);
});

it('the first words are said after ten seconds where nobody joins', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), live);
  await pass(clock, 9);
  expect(await work.said(id)).toEqual([]);
  await pass(clock, 2);
  await expect.poll(() => work.said(id)).toEqual(['Say something']);
});

it('a message before the first join ends the wait: the first words are said before it, and it is answered too', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), live);
  await work.send(id, 'hello');
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['Say something', 'hello', 'You said hello', 'More?']);
});

it('a bot elsewhere is asked for its first words and for what the client wrote before anybody joined, in that order', async () => {
  await using receiver = await startReceiver(({ body }, response) =>
    json(response, { messages: [{ body: body['kind'] === 'start' ? 'Welcome' : 'And you?' }] }),
  );
  const { id } = await app.start(await work.webhookChat(receiver.url), live);
  await work.send(id, 'hello');
  await expect.poll(() => work.said(id), { timeout: 10_000 }).toEqual(['hello', 'Welcome', 'And you?']);
  const asked = receiver.received.map(({ body }) => [body['kind'], body['message'] ?? null]);
  expect(asked).toEqual([
    ['start', null],
    ['message', expect.objectContaining({ text: 'hello' })],
  ]);
});

it.each(['named by its id', 'found by its client'])(
  'a continue of a session %s that brings a message before the first join is answered after the first words',
  async (how) => {
    const chatId = await app.chat(echoBlocks);
    const { id, clientId } = await app.start(chatId, live);
    const named = how === 'named by its id' ? { sessionId: id } : { clientId };
    const path = `/chats/${chatId}/sessions`;
    const { status, body } = await app.call<SessionStarted>('PUT', path, { ...named, messageBody: 'hello' });
    expect([status, body.id]).toEqual([200, id]);
    expect(body.messages.map((message) => message.body)).toEqual(['Say something', 'You said hello', 'More?']);
    expect(await work.said(id)).toEqual(['Say something', 'hello', 'You said hello', 'More?']);
  },
);

it('first words that hand over, or end the session, do so before what the client wrote', async () => {
  const asks = await app.start(await app.chat(handsOver(null)), live);
  expect((await work.send(asks.id, 'hello')).status).toBe(201);
  expect(await work.details(asks.id)).toMatchObject({ operatorType: 'OPERATOR', status: 'ACTIVE' });
  const ends = await app.chat({ start: { type: 'start', next: 'end' }, end: { type: 'end', text: 'We are closed' } });
  const { id, clientId } = await app.start(ends, live);
  expect((await work.send(id, 'hello')).status).toBe(422);
  expect(await work.details(id)).toMatchObject({ status: 'CLOSED', closeReason: 'bot' });
  expect(await work.said(id)).toEqual(['We are closed']);
  // What continues the client's session begins another one, as after any end.
  const next = await app.start(ends, { ...live, clientId });
  const again = { clientId, messageBody: 'hello' };
  const { status, body } = await app.call<SessionStarted>('PUT', `/chats/${ends}/sessions`, again);
  expect([status, [id, next.id].includes(body.id)]).toEqual([201, false]);
  expect(await work.said(next.id)).toEqual(['We are closed']);
});

it('what is no message leaves the first words to the first join; who takes over, and the end, leave them unsaid', async () => {
  const chatId = await app.chat(echoBlocks);
  const heard = await app.start(chatId, live);
  await app.call('PATCH', `/sessions/${heard.id}/typing`, {});
  await app.call('PUT', `/chats/${chatId}/sessions`, {
    sessionId: heard.id,
    variables: { a: 1 },
    returnAnswerAsync: true,
  });
  await work.act('PATCH', heard.id, '/names/Renamed');
  expect(await work.said(heard.id)).toEqual([]);
  using listener = await watch(app, heard.id);
  await expect.poll(() => listener.bodies(), { timeout: 10_000 }).toEqual(['Say something']);
  const [taken, closed] = [await app.start(chatId, live), await app.start(chatId, live)];
  const operator = await app.operator('Ann');
  await work.act('PATCH', taken.id, `/operators/${operator.id}`);
  await work.act('DELETE', closed.id, '');
  await work.send(taken.id, 'hello');
  await pass(clock, 15);
  expect([await work.said(taken.id), await work.said(closed.id)]).toEqual([['hello'], []]);
});

it('the first words are said at once to whoever is called back, and wait for the client where the chat says so', async () => {
  await using receiver = await startReceiver();
  const called = await app.start(await app.chat(echoBlocks), { ...live, callbackUrl: receiver.url });
  expect(await work.said(called.id)).toEqual(['Say something']);
  const quiet = await app.start(await app.chat(echoBlocks, { answerOnFirstClientMessage: true }), live);
  using _listener = await watch(app, quiet.id);
  await pass(clock, 15);
  expect(await work.said(quiet.id)).toEqual([]);
});

it('a start that brings a message is answered when somebody joins who hears it, once', async () => {
  const chatId = await app.chat(echoBlocks, { answerOnFirstClientMessage: true });
  const { id, messages } = await app.start(chatId, { ...live, messageBody: 'hello' });
  expect(messages).toEqual([]);
  await pass(clock, 5);
  expect(await work.said(id)).toEqual(['hello']);
  using listener = await watch(app, id);
  await expect.poll(() => listener.bodies()).toEqual(['Say something']);
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['hello', 'Say something']);
});

it('a start that brings a message is answered after ten seconds where nobody joins, over a restart too', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), { ...live, messageBody: 'hello' });
  await app.restart();
  await pass(clock, 5);
  expect(await work.said(id)).toEqual(['hello']);
  await pass(clock, 6);
  await expect.poll(() => work.said(id)).toEqual(['hello', 'Say something']);
});

it('what a start brought is answered before what its client writes next', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), { ...live, messageBody: 'hello' });
  await work.send(id, 'are you there?');
  expect(await work.said(id)).toEqual(['hello', 'Say something', 'are you there?', 'You said are you there?', 'More?']);
});
