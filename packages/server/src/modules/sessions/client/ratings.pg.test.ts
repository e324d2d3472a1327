import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork, type AtWork } from '../../../testing/at-work.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let work: AtWork;
beforeAll(async () => {
  app = await startTestApp();
  work = atWork(app);
});
afterAll(() => app[Symbol.asyncDispose]());

it('a rating and the word of it are one commit, and a rating that comes again is told of once', async () => {
  await using receiver = await startReceiver();
  await using database = openDatabase(app.connection, 1, () => undefined);
  const notify = { eventCallbackUrl: receiver.url, notifyOnEvents: ['SESSION_RATED'] };
  const { id } = await app.start(await app.chat(echoBlocks, notify));
  const rate = (rating: number) => app.call('PUT', `/sessions/${id}/rating`, { rating });

  await runSql(
    database,
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$`,
  );
  await runSql(database, 'create trigger refusing before insert on deliveries for each row execute function refuse()');
  expect((await rate(4)).status).toBe(500);
  expect((await work.details(id)).rating).toBeNull();
  await runSql(database, 'drop trigger refusing on deliveries');

  expect((await rate(4)).status).toBe(204);
  expect((await rate(4)).status).toBe(204);
  expect((await rate(5)).status).toBe(204);
  expect((await work.details(id)).rating).toBe(5);
  const told = () => receiver.received.map(({ body }) => (body['data'] as { rating: number }).rating);
  await expect.poll(told).toEqual([4, 5]);
});
