import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { atWork, type AtWork } from '../../../testing/at-work.ts';
import { lockWaits, runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

const SESSIONS = 12;

let app: TestApp;
let work: AtWork;
let database: Database;
let chat: string;
let ids: string[];
beforeAll(async () => {
  app = await startTestApp();
  work = atWork(app);
  database = openDatabase(app.connection, 4, () => undefined);
  chat = await app.chat(echoBlocks);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ids = await Promise.all(Array.from({ length: SESSIONS }, async () => (await app.start(chat)).id));
});

/** Holds what a statement locks, until it is let go. */
async function holding(statement: string, values: unknown[] = []): Promise<() => Promise<void>> {
  const [held, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holder = database.transaction(async ({ client }) => {
    await client.query(statement, values);
    held.resolve();
    await letGo.promise;
  });
  await held.promise;
  return async () => {
    letGo.resolve();
    await holder;
  };
}

const groups = 'from pg_stat_activity where datname = current_database() and query like $1';
const group = '%held as materialized%';

/** Waits until a group of steps stands at what is held. */
async function standing(): Promise<void> {
  await expect
    .poll(() => runSql(database, `select pid ${groups} and wait_event_type = 'Lock'`, [group]))
    .not.toEqual([]);
}

const say = (id: string, text: string, key: string) =>
  app.call<{ id: string }>('POST', `/sessions/${id}/clients/messages`, { body: text }, { 'idempotency-key': key });

/** How often each session says what it was told, in the order of its log. */
const echoes = async (): Promise<string[][]> =>
  Promise.all(ids.map(async (id) => (await work.said(id)).filter((text) => text.startsWith('You said'))));

it('steps of many sessions go together, each with all its own', async () => {
  const letGo = await holding('lock table messages in share row exclusive mode');
  const answers = ids.map((id, index) => work.send(id, `Hello ${index}`));
  await standing();
  await letGo();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(ids.map(() => 201));
  expect(await echoes()).toEqual(ids.map((_, index) => [`You said Hello ${index}`]));
  for (const id of ids) {
    const { body } = await app.call<{ items: { eventSeq: number }[] }>('GET', `/sessions/${id}/events?limit=100`);
    expect(body.items.map(({ eventSeq }) => eventSeq)).toEqual(body.items.map((_, index) => index + 1));
  }
});

it('a session that somebody else is writing waits alone', async () => {
  const [held = '', ...others] = ids;
  const letGo = await holding('select from sessions where id = $1 for update', [held]);
  let done = false;
  const answer = work.send(held, 'Hello').finally(() => (done = true));
  const answers = await Promise.all(others.map((id) => work.send(id, 'Hello')));
  expect(answers.map(({ status }) => status)).toEqual(others.map(() => 201));
  expect(done).toBe(false);
  await letGo();
  expect((await answer).status).toBe(201);
  expect(await echoes()).toEqual(ids.map(() => ['You said Hello']));
});

it('sessions that somebody else is writing hold up nobody, however many there are', async () => {
  const held = ids.slice(0, 6);
  const letGo = await holding('select from sessions where id = any($1) for update', [held]);
  const stand = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  const waiting: ReturnType<AtWork['send']>[] = [];
  for (const id of held) {
    // One after another: those that come together are passed over together.
    waiting.push(work.send(id, 'Hello'));
    await expect.poll(async () => (await runSql(database, stand)).length).toBe(waiting.length);
  }
  const others = await Promise.all(ids.slice(6).map((id) => work.send(id, 'Hello')));
  await letGo();
  expect([...others, ...(await Promise.all(waiting))].map(({ status }) => status)).toEqual(ids.map(() => 201));
});

it('more sessions than there are connections hold up nobody either, and what was said in them is written once', async () => {
  const held = [...ids, ...(await Promise.all(ids.map(() => app.start(chat)))).map(({ id }) => id)];
  const { id: free } = await app.start(chat);
  const letGo = await holding('select from sessions where id = any($1) for update', [held]);
  const keys = held.map(() => randomUUID());
  const all = () => Promise.all(held.map((id, index) => say(id, 'Hello', keys[index] ?? '')));
  const waiting = all();
  // Until no more of them come to stand at their sessions.
  let [standingBefore, standingNow] = [-1, 0];
  while (standingNow < 6 || standingNow !== standingBefore) {
    await sleep(200);
    [standingBefore, standingNow] = [standingNow, await lockWaits(database)];
  }
  expect((await work.send(free, 'Hello')).status).toBe(201);
  await letGo();
  // Who waited for too long was refused, and nothing of it written.
  expect((await waiting).filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
  expect((await all()).filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  expect(await echoes()).toEqual(ids.map(() => ['You said Hello']));
});

it('what the database refuses of one is refused to that one alone', async () => {
  const [refused = ''] = ids;
  await runSql(
    database,
    `create function refuse() returns trigger language plpgsql as $$ begin
       if new.session_id = '${refused}' then raise exception 'no' using errcode = '23514'; end if; return new;
     end $$`,
  );
  await runSql(database, 'create trigger refuse before insert on messages for each row execute function refuse()');
  const letGo = await holding('lock table messages in share row exclusive mode');
  const answers = ids.map((id) => work.send(id, 'Hello'));
  await standing();
  await letGo();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  await runSql(database, 'drop trigger refuse on messages');
  expect(statuses).toEqual([500, ...ids.slice(1).map(() => 201)]);
  expect(await echoes()).toEqual([[], ...ids.slice(1).map(() => ['You said Hello'])]);
});

it('a group whose connection is lost is written or not, and the same calls again come to one message each', async () => {
  const keys = ids.map(() => randomUUID());
  const all = () => Promise.all(ids.map((id, index) => say(id, 'Hello', keys[index] ?? '')));
  const letGo = await holding('lock table messages in share row exclusive mode');
  const lost = all();
  await standing();
  await runSql(database, `select pg_terminate_backend(pid, 10000) ${groups} and pid <> pg_backend_pid()`, [group]);
  await letGo();
  expect((await lost).map(({ status }) => status)).toContain(503);
  const again = await all();
  // A repeat of what was written is answered by 200.
  expect(again.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  expect(await echoes()).toEqual(ids.map(() => ['You said Hello']));
});

it('groups of two processes that have sessions in common wait for nobody in a circle', async () => {
  await using other = await startTestApp({ connection: app.connection });
  const [here, there] = [atWork(app), atWork(other)];
  const rounds = Array.from({ length: 6 }, (_, index) => index);
  const told = async (by: AtWork, name: string, order: readonly string[]): Promise<number[]> => {
    const statuses: number[] = [];
    for (const round of rounds) {
      const answers = await Promise.all(order.map((id) => by.send(id, `${name} ${round}`)));
      statuses.push(...answers.map(({ status }) => status));
    }
    return statuses;
  };
  const statuses = await Promise.all([told(here, 'here', ids), told(there, 'there', ids.toReversed())]);
  expect(statuses.flat().filter((status) => status !== 201)).toEqual([]);
  const expected = rounds.flatMap((round) => [`You said here ${round}`, `You said there ${round}`]).sort();
  for (const said of await echoes()) expect(said.toSorted()).toEqual(expected);
});
