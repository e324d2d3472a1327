import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { migrate } from '../../platform/migrations.ts';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { runSql } from '../../testing/rows.ts';

const folder = fileURLToPath(new URL('../../../migrations/', import.meta.url));

it('an upgrade gives every user a seat as it stood, and keeps the departures that were noted', async () => {
  await using database = openDatabase(await freshDatabase(), 2, (error) => {
    throw error;
  });
  const run = (text: string) => runSql(database, text);
  await run('create table molva_migrations (number integer primary key, name text not null, applied_at timestamptz)');
  for (const name of (await readdir(folder)).sort()) {
    const number = Number(name.slice(0, 6));
    if (number > 15) continue;
    await run(await readFile(folder + name, 'utf8'));
    await run(`insert into molva_migrations (number, name) values (${number}, '${name}')`);
  }
  const key = '00000001-0000-0000-0000-000000000002';
  await run(`insert into companies (name) values ('Company')`);
  await run(`insert into users (company_id, email, password_hash, roles, operator_status, operator_status_at,
      last_assigned_at) values
    (1, 'never@test', '', '{API}', 'OFFLINE', null, null),
    (1, 'paused@test', '', '{OPERATOR}', 'PAUSE', '2026-01-02T03:04:05Z', '2026-01-01T00:00:00Z')`);
  await run(`insert into due (kind, key, due_at) values ('iam-operator-gone', '${key}', now())`);
  expect(await migrate(database)).toBeGreaterThan(0);
  await run(`insert into users (company_id, email, password_hash, roles) values (1, 'new@test', '', '{OPERATOR}')`);
  const seats = await run('select company_id, user_id, status, status_at, last_given_at from seats order by user_id');
  const offline = { company_id: 1, status: 'OFFLINE', status_at: null, last_given_at: null };
  expect(seats).toEqual([
    { ...offline, user_id: 1 },
    {
      company_id: 1,
      user_id: 2,
      status: 'PAUSE',
      status_at: Date.UTC(2026, 0, 2, 3, 4, 5),
      last_given_at: Date.UTC(2026, 0, 1),
    },
    { ...offline, user_id: 3 },
  ]);
  expect(await run('select kind, key from due')).toEqual([{ kind: 'operator-status', key }]);
});
