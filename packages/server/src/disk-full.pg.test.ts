import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventPage } from '@molva/contract';
import { openDatabase, type Database } from './platform/database.ts';
import { keptLog } from './testing/kept-log.ts';
import { echoBlocks, startTestApp, type TestApp } from './testing/test-app.ts';

const { log, messages } = keptLog();
let app: TestApp;
let database: Database;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp({ log });
  database = openDatabase(app.connection, 1, () => undefined);
  chatId = await app.chat(echoBlocks);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** What the database says, and does, where it cannot make a table any larger. */
const full = `create function no_room() returns trigger language plpgsql as $$ begin
  raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`;
const tables = ['messages', 'session_events', 'sessions'];
const sql = async (text: string): Promise<void> => void (await database.query({ text }, []));

it('where the disk is full calls are refused, nothing is half written, and it goes on when there is room', async () => {
  const { id } = await app.start(chatId);
  const path = `/sessions/${id}/events?limit=1000`;
  const logged = async () => (await app.call<EventPage>('GET', path)).body.items;
  const before = await logged();
  await sql(full);
  for (const table of tables) {
    await sql(`create trigger no_room before insert on ${table} for each row execute function no_room()`);
  }
  const calls = [
    () => app.call('POST', `/sessions/${id}/clients/messages`, { body: 'no room' }),
    () => app.call('POST', `/chats/${chatId}/sessions`, {}),
  ];
  for (const call of calls) {
    const { status, headers } = await call();
    expect([status, headers.get('x-error-code'), headers.get('retry-after')]).toEqual([503, 'database-away', '2']);
  }
  expect(await logged()).toEqual(before);
  await sql('drop function no_room cascade');
  for (const call of calls) expect((await call()).status).toBe(201);
  const seqs = (await logged()).map(({ eventSeq }) => eventSeq);
  expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
  expect(messages.filter((message) => message.includes('refuses'))).toHaveLength(1);
});
