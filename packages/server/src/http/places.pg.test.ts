import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../platform/database.ts';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let database: Database;
let tenant: Operator;
beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 2, () => undefined);
  tenant = await app.tenant();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

const tags = (header: Record<string, string>) => app.call('GET', '/tags', undefined, header);
const sql = (text: string) => database.query<{ count: number }>({ text }, []);
/** Lists of tags that wait for the table; other tests have databases of their own on the same server. */
const waiting = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%"tags"%'`;
const held = async () => (await sql(`select count(*) ${waiting}`))[0]?.count;

/** Keeps whoever reads the table of tags waiting for what the work does. */
async function withTagsLocked(work: () => Promise<void>): Promise<void> {
  await database.transaction(async ({ client }) => {
    await client.query('lock table tags in access exclusive mode');
    await work();
  });
}

describe('forty lists that one user asks for and that take their time', () => {
  it('keep neither what is interactive waiting nor the lists of others, and those beyond a few are refused', async () => {
    const { id } = await app.start(await app.chat(echoBlocks));
    let lists: ReturnType<typeof tags>[] = [];
    await withTagsLocked(async () => {
      let refused = 0;
      lists = Array.from({ length: 40 }, async () => {
        const answer = await tags(tenant.header);
        if (answer.status === 429) refused++;
        return answer;
      });
      await expect.poll(() => refused).toBe(23);
      await expect.poll(held).toBe(1);
      const said = await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'Hello' });
      expect(said.status).toBe(201);
      expect((await app.call('GET', '/chats', undefined, app.admin)).status).toBe(200);
      expect((await app.call('GET', `/sessions/${id}/messages`, undefined, app.admin)).status).toBe(200);
    });
    const answers = await Promise.all(lists);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.every(({ headers }) => headers.has('retry-after'))).toBe(true);
    expect(answers.filter(({ status }) => status === 200).length).toBe(17);
  });
});

it('a list that takes too long says so, and its place is free again', async () => {
  await withTagsLocked(async () => {
    const late = tags(tenant.header);
    await expect.poll(held).toBe(1);
    await sql(`select pg_cancel_backend(pid) ${waiting}`);
    const { status, headers } = await late;
    expect([status, headers.get('x-error-code')]).toEqual([422, 'list-late']);
  });
  expect((await tags(tenant.header)).status).toBe(200);
});

it.each(['main', 'lists'] as const)('no statement of the %s pool may take for ever', async (pool) => {
  const over = pool === 'main' ? database : database.lists;
  const limits = `select name, setting::integer as setting from pg_settings where name = any($1) and setting <> '0'`;
  const names = ['statement_timeout', 'idle_in_transaction_session_timeout'];
  expect(await over.query({ text: limits }, [names])).toHaveLength(2);
});

describe('a page whose records are long', () => {
  let sessionId: string;
  beforeAll(async () => {
    sessionId = (await app.start(await app.chat(echoBlocks))).id;
    for (let count = 0; count < 15; count++) {
      await app.call('POST', `/sessions/${sessionId}/clients/messages`, { body: `${count}` });
    }
    await sql(`update messages set body = repeat('x', 300000) where session_id = '${sessionId}'`);
    await sql(
      `update session_events set data = jsonb_set(data::jsonb, '{body}', to_jsonb(repeat('x', 300000)))::json
        where session_id = '${sessionId}'`,
    );
  });

  it('ends early, says that there is more, and goes on by its offset', async () => {
    const path = `/sessions/${sessionId}/messages?limit=100&fields=seq,body`;
    const seen: number[] = [];
    for (let more: unknown = true; more === true;) {
      const { body } = await app.call<{ count: number; items: { seq: number }[]; hasMore?: true }>(
        'GET',
        `${path}&offset=${seen.length}`,
        undefined,
        app.admin,
      );
      expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
      expect(body.items.length).toBeGreaterThan(0);
      seen.push(...body.items.map(({ seq }) => seq));
      expect(body.hasMore).toBe(seen.length < body.count ? true : undefined);
      more = body.hasMore;
    }
    expect(seen).toEqual(seen.map((_seq, index) => index + 1));
  });

  it('of the event log does so too', async () => {
    const seen: number[] = [];
    let pages = 0;
    for (let more = true; more; pages++) {
      const path = `/sessions/${sessionId}/events?limit=1000&after=${seen.at(-1) ?? 0}`;
      const { body } = await app.call<{ items: { eventSeq: number }[]; hasMore: boolean }>('GET', path);
      seen.push(...body.items.map(({ eventSeq }) => eventSeq));
      more = body.hasMore;
    }
    expect(pages).toBeGreaterThan(1);
    expect(seen).toEqual(seen.map((_seq, index) => index + 1));
  });
});
