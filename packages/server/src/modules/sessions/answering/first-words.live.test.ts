import { afterAll, beforeAll, expect, it } from 'vitest';
import { atWork, creep, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { watch } from '../../../testing/listener.ts';
import { startReceiver } from '../../../testing/receiver.ts';
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
  await expect.poll(() => first.bodies(), { timeout: 10_000 }).toEqual(['Say something']);
  using _second = await watch(app, id);
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['Say something']);
});

it('the first words are said after ten seconds where nobody joins', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), live);
  await pass(clock, 9);
  expect(await work.said(id)).toEqual([]);
  await pass(clock, 2);
  await expect.poll(() => work.said(id), { timeout: 10_000 }).toEqual(['Say something']);
});

it('the first words answer a client who writes before they were said', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), live);
  await work.send(id, 'hello');
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['hello', 'Say something']);
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
  await expect.poll(() => listener.bodies(), { timeout: 10_000 }).toEqual(['Say something']);
  await pass(clock, 15);
  expect(await work.said(id)).toEqual(['hello', 'Say something']);
});

it('a start that brings a message is answered after ten seconds where nobody joins, over a restart too', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), { ...live, messageBody: 'hello' });
  await app.restart();
  await pass(clock, 5);
  expect(await work.said(id)).toEqual(['hello']);
  await pass(clock, 6);
  await expect.poll(() => work.said(id), { timeout: 10_000 }).toEqual(['hello', 'Say something']);
});

it('what a start brought is answered before what its client writes next', async () => {
  const { id } = await app.start(await app.chat(echoBlocks), { ...live, messageBody: 'hello' });
  await work.send(id, 'are you there?');
  expect(await work.said(id)).toEqual(['hello', 'Say something', 'are you there?', 'You said are you there?', 'More?']);
});
