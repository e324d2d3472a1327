import type { SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atWork, creep, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
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

it.each([
  ['without a word', {}],
  ['with a message', { messageBody: 'hello' }],
])('a life that a continue makes shorter, %s, ends earlier: counted from the continue', async (_how, more) => {
  const chatId = await app.chat(echoBlocks);
  const { id } = await app.start(chatId, { sessionTtl: 3600 });
  clock.advance(600_000);
  const body = { sessionId: id, sessionTtl: 60, ...more };
  const continued = await app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, body);
  expect([continued.body.id, continued.body.ttl]).toEqual([id, 60]);
  await pass(clock, 3);
  clock.advance(40_000);
  await pass(clock, 2);
  expect((await work.details(id)).status).toBe('ACTIVE');
  clock.advance(10_000);
  await pass(clock, 15);
  await expect.poll(async () => (await work.details(id)).status).toBe('CLOSED');
});
