import type { Session } from '@molva/contract';
import { expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { creep, pass } from '../../testing/at-work.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { echoBlocks, startTestApp } from '../../testing/test-app.ts';
import { lockWaits, runSql } from '../../testing/rows.ts';
import { SessionStore } from '../sessions/state/store.ts';

it('an operator who stays offline for a minute leaves the sessions to others; one who comes back keeps them', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  const session = await app.start(await app.chat(echoBlocks));
  const act = (operator: typeof olga, what: string) => app.call('PATCH', `/users/me/${what}`, {}, operator.header);
  const answersIn = async () =>
    (await app.call<Session>('GET', `/sessions/${session.id}`, undefined, app.admin)).body.operatorName;
  using _creeping = creep(clock);
  await act(ivan, 'activate');
  await act(olga, 'activate');
  await app.call('PATCH', `/sessions/${session.id}/operators/${olga.id}`, [], olga.header);

  await act(olga, 'deactivate');
  await pass(clock, 30);
  await act(olga, 'activate');
  await pass(clock, 60);
  expect(await answersIn()).toBe('Olga');

  await act(olga, 'deactivate');
  await pass(clock, 50);
  expect(await answersIn()).toBe('Olga');
  await pass(clock, 20);
  await expect.poll(answersIn).toBe('Ivan');
});

it('an operator who is back while its sessions are passed on keeps the rest of them', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 4, () => undefined);
  const olga = await app.operator('Olga');
  const chat = await app.chat(echoBlocks);
  const sessions = [await app.start(chat), await app.start(chat), await app.start(chat)].map(({ id }) => id);
  for (const id of sessions) await app.call('PATCH', `/sessions/${id}/operators/${olga.id}`, [], app.admin);
  const change = (body: object) => app.call('PATCH', `/users/${olga.id}`, body, app.admin);
  // Each assignment has a look at its person: one that came late would find her gone, and stand at a row too.
  await expect.poll(() => runSql(database, `select 1 from due where kind = 'session-hold'`)).toEqual([]);
  await database.transaction(async ({ client }) => {
    await client.query('select 1 from sessions where id = any ($1::uuid[]) for update', [sessions]);
    await change({ blocked: true });
    // The first of them is about to be passed on.
    await expect.poll(() => lockWaits(database)).toBe(1);
    await change({ blocked: false });
  });
  const left = () => runSql(database, `select 1 from due where kind = 'operator-status'`);
  await expect.poll(left).toEqual([]);
  // The one that was passed on goes on naming her until routing has decided.
  const hers = 'select 1 from sessions where operator_id = $1 and waits_since is null';
  const kept = await runSql(database, hers, [String(olga.id)]);
  expect(kept).toHaveLength(2);
});

it('who is blocked between the look at him and the assignment by name does not keep the session', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 2, () => undefined);
  const olga = await app.operator('Olga');
  const { id } = await app.start(await app.chat(echoBlocks));
  const named = await database.transaction(async ({ client }) => {
    await client.query('select 1 from seats where user_id = $1 for update', [olga.id]);
    const call = app.call('PATCH', `/sessions/${id}/operators/${olga.id}`, [], app.admin);
    await expect.poll(() => lockWaits(database)).toBe(1);
    // As by somebody whose timer of it has run before the assignment is committed.
    await client.query('update users set blocked_at = now() where id = $1', [olga.id]);
    return { call };
  });
  expect((await named.call).status).toBe(204);
  const answersIn = async () =>
    (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body.operatorName;
  await expect.poll(answersIn).toBe('');
});

it('a session that cannot be passed on keeps none of the others with somebody who is gone', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 2, () => undefined);
  const olga = await app.operator('Olga');
  const chat = await app.chat(echoBlocks);
  const sessions = [await app.start(chat), await app.start(chat), await app.start(chat)].map(({ id }) => id);
  for (const id of sessions) await app.call('PATCH', `/sessions/${id}/operators/${olga.id}`, [], app.admin);
  // The one that is looked at first.
  const [company] = await runSql<{ id: number }>(database, 'select company_id as id from users where id = $1', [
    olga.id,
  ]);
  const [first] = await new SessionStore(database).liveOfOperator(company?.id ?? 0, String(olga.id));
  await runSql(
    database,
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger refused before update on sessions for each row
      when (old.id = '${first?.id}') execute function refuse()`,
  );
  await app.call('PATCH', `/users/${olga.id}`, { blocked: true }, app.admin);
  const kept = () => runSql(database, 'select id from sessions where operator_id = $1', [String(olga.id)]);
  await expect.poll(kept).toEqual([{ id: first?.id }]);
});

it('who is gone is gone from a session, too, that another node gave it and this one remembers otherwise', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 2, () => undefined);
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  const chat = await app.chat(echoBlocks);
  const [{ id: given }, { id: like }] = [await app.start(chat), await app.start(chat)];
  await app.call('PATCH', `/sessions/${like}/operators/${olga.id}`, [], app.admin);
  await app.call('PATCH', `/sessions/${given}/operators/${ivan.id}`, [], app.admin);
  // Another node does to the one session what was done to the other.
  await runSql(
    database,
    `update sessions s set version = s.version + 1, floor = o.floor, operator_id = o.operator_id,
      operator_name = o.operator_name, operator_assigned_at = o.operator_assigned_at, operators = o.operators
    from sessions o where s.id = $1 and o.id = $2`,
    [given, like],
  );
  await app.call('PATCH', `/users/${olga.id}`, { blocked: true }, app.admin);
  const kept = () => runSql(database, 'select id from sessions where operator_id = $1', [String(olga.id)]);
  await expect.poll(kept).toEqual([]);
});
