import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database, type Queryable } from '../../../platform/database.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import { SessionReader } from './load.ts';

let app: TestApp;
let database: Database;
let ids: string[];
beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 4, () => undefined);
  const chat = await app.chat(echoBlocks);
  ids = await Promise.all(Array.from({ length: 20 }, async () => (await app.start(chat)).id));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** A reader, and how many sessions each of its statements asked for. */
function openReader() {
  const asked: number[] = [];
  const counting: Queryable = {
    query: (statement, values) => {
      const [first] = values;
      asked.push(Array.isArray(first) ? first.length : 1);
      return database.query(statement, values);
    },
    texts: (statement, values) => database.texts(statement, values),
  };
  return { asked, reader: new SessionReader(counting, () => undefined) };
}

const nobody = '00000000-0000-4000-8000-000000000000';

it('sessions that are asked for in one turn come with one statement, each its own, and one alone with a lone one', async () => {
  const { asked, reader } = openReader();
  const names = [...ids, nobody, ids[0] ?? ''];
  const sessions = await Promise.all(names.map((id) => reader.read(id)));
  expect(sessions.map((session) => session?.id)).toEqual([...ids, undefined, ids[0]]);
  expect(asked).toEqual([16, 5]);
  expect(await reader.read(ids[1] ?? '')).toEqual(sessions[1]);
  expect(asked).toEqual([16, 5, 1]);
});

it('an id that is none fails alone', async () => {
  const { reader } = openReader();
  const [one, none] = await Promise.allSettled([reader.read(ids[0] ?? ''), reader.read('none')]);
  expect(one).toMatchObject({ status: 'fulfilled', value: { id: ids[0] } });
  expect(none?.status).toBe('rejected');
});
