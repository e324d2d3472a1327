import type { ListPage } from '@molva/contract';
import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { startTestApp } from '../../testing/test-app.ts';

it('processes that start at once on an empty database make one company, and all of them start', async () => {
  const connection = await freshDatabase();
  const apps = await Promise.all(Array.from({ length: 2 }, () => startTestApp({ connection })));
  const [one, two] = apps;
  const companies = await one?.call<ListPage<object>>('GET', '/companies', undefined, two?.admin);
  expect(companies?.body.count).toBe(1);
  for (const app of apps) await app[Symbol.asyncDispose]();
});
