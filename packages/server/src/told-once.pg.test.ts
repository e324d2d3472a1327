import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from './platform/database.ts';
import { atWork, type AtWork } from './testing/at-work.ts';
import { migratedDatabase } from './testing/fresh-database.ts';
import { keptLog } from './testing/kept-log.ts';
import { json, startReceiver } from './testing/receiver.ts';
import { runSql } from './testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from './testing/test-app.ts';

/** Where nobody may be called. */
const REFUSED = 'http://10.0.0.1/molva';

let app: TestApp;
let work: AtWork;
let database: Database;
const { log, messages } = keptLog();
beforeAll(async () => {
  const connection = await migratedDatabase();
  app = await startTestApp({ connection, log });
  work = atWork(app);
  database = openDatabase(connection, 1, () => undefined);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const lines = (words: string): number => messages.filter((message) => message.includes(words)).length;
const counted = async (notice: string): Promise<number> => {
  const found = new RegExp(`^molva_notices_total\\{notice="${notice}"\\} (\\d+)$`, 'm').exec(await app.metrics());
  return Number(found?.[1] ?? 0);
};

it('bots elsewhere that do not answer are counted, and told of once', async () => {
  const chat = await work.webhookChat(REFUSED);
  for (const { id } of [await app.start(chat), await app.start(chat)]) {
    await expect.poll(async () => (await work.details(id)).botStatus).toBe('ERROR');
  }
  expect([await counted('bot-unanswered'), lines('did not answer')]).toEqual([2, 1]);
});

it('outgoing calls that fail are counted, and told of once: those that are tried again, and those that are not', async () => {
  await using receiver = await startReceiver((_call, response) => json(response, {}, 500));
  for (const eventCallbackUrl of [REFUSED, receiver.url]) {
    const chat = await app.chat(echoBlocks, { eventCallbackUrl, notifyOnEvents: ['SESSION_STARTED'] });
    for (let time = 0; time < 2; time++) await app.start(chat);
  }
  await expect.poll(() => counted('call-given-up')).toBe(2);
  await expect.poll(() => counted('call-failed')).toBe(2);
  expect([lines('is given up'), lines('call failed and is tried again')]).toEqual([1, 1]);
});

it('a step that loses every race is refused after ten tries, told of, and goes on once others let it', async () => {
  const { id } = await app.start(await app.chat(echoBlocks));
  // Whatever it writes, somebody else was faster.
  await runSql(database, `create function overtake() returns trigger language plpgsql as $$ begin return null; end $$`);
  await runSql(
    database,
    `create trigger overtake before update on sessions for each row when (old.id = '${id}') execute function overtake()`,
  );
  const refused = await work.send(id, 'Hello');
  expect([refused.status, refused.headers.get('x-error-code')]).toEqual([503, 'no-room']);
  expect([await counted('step-overtaken'), lines('a step of a session was refused')]).toEqual([1, 1]);
  await runSql(database, 'drop trigger overtake on sessions');
  expect((await work.send(id, 'Hello')).status).toBe(201);
  expect(await work.said(id)).toContain('You said Hello');
});
