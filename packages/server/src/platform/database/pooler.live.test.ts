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

it('behind a pooler a list that takes too long is ended by the database, which knows its settings, and nothing is left', async () => {
  await using pooler = await openPooler(await freshDatabase(), { refusesSettings: true });
  await using database = openDatabase(await findPooler(pooler), 1, () => undefined, { limit: 500 });
  const { lists } = database;
  const [row] = await lists.query<{ workers: string }>(
    { text: `select current_setting('max_parallel_workers_per_gather') as workers` },
    [],
  );
  expect(row?.workers).toBe('0');
  await expect(lists.query({ text: 'select pg_sleep(10)' }, [])).rejects.toMatchObject({ code: '57014' });
  const left = `select count(*)::integer as left from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`;
  expect(
    await lists.builder
      .selectFrom('companies')
      .select('id')
      .execute()
      .catch(({ code }) => code as string),
  ).toBe('42P01');
  expect(await lists.query({ text: left }, [])).toEqual([{ left: 0 }]);
});

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
