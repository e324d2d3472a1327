import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork, type AtWork } from '../../../testing/at-work.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { runSql } from '../../../testing/rows.ts';
import { startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let work: AtWork;
beforeAll(async () => {
  app = await startTestApp();
  work = atWork(app);
});
afterAll(() => app[Symbol.asyncDispose]());

it('a bot that becomes a scenario while it owes an answer answers everything once, in order', async () => {
  await using bot = await startReceiver((_call, response) => response.writeHead(202).end());
  const botId = await work.webhookBot(bot.url);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId }, app.admin);
  const later = { returnAnswerAsync: true, callbackUrl: 'http://127.0.0.1:1/answers' };
  const { id } = await app.start(chat.body.id, { ...later, messageBody: 'hi' });
  await expect.poll(() => bot.received.length).toBe(1);
  const blocks = {
    start: { type: 'start', next: 'name' },
    name: { type: 'question', text: 'Your name?', variable: 'name', default: 'town' },
    town: { type: 'question', text: 'And your town, {name}?', variable: 'town' },
  };
  const scenario = { version: 1, language: 'en', start: 'start', blocks };
  expect((await app.call('PUT', `/bots/${botId}`, { scenario, webhook: null }, app.admin)).status).toBe(204);
  await work.send(id, 'Olga');
  await expect.poll(() => work.said(id)).toEqual(['hi', 'Olga', 'Your name?', 'And your town, Olga?']);
});

it('a silent pause is waited for at one go', async () => {
  await using database = openDatabase(app.connection, 1, () => undefined);
  const chat = await app.chat({
    start: { type: 'start', next: 'pause' },
    pause: { type: 'pause', seconds: 600, typing: false, next: 'hello' },
    hello: { type: 'question', text: 'Hello' },
  });
  const { id } = await app.start(chat, { returnAnswerAsync: true, callbackUrl: 'http://127.0.0.1:1/answers' });
  const left = `select extract(epoch from due_at - s.started_at) as left from due join sessions s on s.id = due.key
    where due.kind = 'session-bot' and due.key = $1`;
  const [row] = await runSql<{ left: string }>(database, left, [id]);
  expect(Number(row?.left)).toBeGreaterThanOrEqual(600);
});
