import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { keptLog } from '../../testing/kept-log.ts';
import { openPooler } from '../../testing/pooler.ts';
import { echoBlocks, startTestApp } from '../../testing/test-app.ts';
import { openDatabase } from '../database.ts';
import { findPooler } from './pooler.ts';

it.each([true, false])(
  'behind a pooler no statement keeps its name and no setting is left (it refuses them: %s)',
  async (refusesSettings) => {
    const behind = await freshDatabase();
    await using pooler = await openPooler(behind, { refusesSettings });
    const found = await findPooler(pooler);
    expect(found).toMatchObject({ pooled: true });
    await using database = openDatabase(found, 1, () => undefined);
    await database.query({ name: 'kept', text: 'select 1' }, []);
    expect(await database.query({ text: 'select name from pg_prepared_statements' }, [])).toEqual([]);
  },
);

it('a database that is reached directly is taken as it is', async () => {
  const behind = await freshDatabase();
  expect(await findPooler(behind)).toBe(behind);
});

it('over a pooler that takes no settings everything works, whatever the zone of the database is', async () => {
  const behind = await freshDatabase();
  {
    await using database = openDatabase(behind, 1, () => undefined);
    const name = 'database' in behind ? behind.database : new URL(behind.connectionString).pathname.slice(1);
    await database.query({ text: `alter database ${name} set timezone = 'Asia/Tokyo'` }, []);
  }
  await using pooler = await openPooler(behind, { refusesSettings: true });
  const { log, messages } = keptLog();
  const before = Date.now();
  await using app = await startTestApp({ connection: { connectionString: pooler.connectionString }, log });
  const { id } = await app.start(await app.chat(echoBlocks));
  expect((await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'Hello' })).status).toBe(201);
  const { body } = await app.call<{ items: { startedAt: string }[] }>('GET', '/sessions', undefined, app.admin);
  const startedAt = Date.parse(body.items[0]?.startedAt ?? '');
  expect(startedAt).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
  expect(startedAt).toBeLessThanOrEqual(Date.now());
  expect(messages.filter((message) => message.includes('pooler'))).toHaveLength(1);
});
