import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import { migrate } from '../../platform/migrations.ts';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { OperatorChoice } from './choice.ts';

const NOW = Date.parse('2026-01-28T12:00:00Z');

/** Two nodes on one database. */
let nodes: [Database, Database];
let company: number;

beforeAll(async () => {
  const connection = await freshDatabase();
  const open = () =>
    openDatabase(connection, 8, (error) => {
      throw error;
    });
  nodes = [open(), open()];
  await migrate(nodes[0]);
});
afterAll(() => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())));
beforeEach(async () => {
  company = await newCompany();
});

async function run<Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
  return nodes[0].transaction(async ({ client }) => (await client.query<Row>(text, values)).rows);
}

async function newCompany(): Promise<number> {
  const [row] = await run<{ id: number }>(`insert into companies (name) values ('Company') returning id`);
  return row?.id ?? 0;
}

async function newUser(status = 'ONLINE', roles = ['OPERATOR'], companyId = company): Promise<number> {
  const [row] = await run<{ id: number }>(
    `insert into users (company_id, email, password_hash, roles)
      values ($1, gen_random_uuid()::text, '', $2) returning id`,
    [companyId, roles],
  );
  await run('update seats set status = $2 where user_id = $1', [row?.id, status]);
  return row?.id ?? 0;
}

async function newGroup(members: readonly number[]): Promise<string> {
  const [row] = await run<{ id: string }>(
    `insert into groups (id, company_id, name, timer_first_answer, timer_next_answers, created_at, updated_at)
      values (gen_random_uuid(), $1, 'Group', 0, 0, now(), now()) returning id`,
    [company],
  );
  const id = row?.id ?? '';
  for (const userId of members) {
    await run('insert into group_members (group_id, company_id, user_id) values ($1, $2, $3)', [id, company, userId]);
  }
  return id;
}

/** A session the user answers in, or did. */
async function newSession(userId: number, closed = false, companyId = company): Promise<void> {
  await run(
    `with client as (
        insert into clients (id, company_id, verified, created_at, updated_at)
        values (gen_random_uuid(), $1, false, now(), now()) returning id)
      insert into sessions (id, company_id, client_id, name, channel, ttl, status, bot_status, bot_id, operator_type,
        operator_id, operator_name, operators, started_at, closed_at, options, version, last_seq, last_event_seq, unread)
      select gen_random_uuid(), $1, id, '', '', 60, 'ACTIVE', 'OPERATOR', gen_random_uuid(), 'OPERATOR',
        $2, '', '[]', now(), $3, '{}', 1, 0, 0, 0 from client`,
    [companyId, String(userId), closed ? new Date(NOW).toISOString() : null],
  );
}

const choose = (groupId: string | null = null, except: readonly number[] = [], now = NOW) =>
  new OperatorChoice(nodes[0]).choose(company, groupId, except, now);

describe('who gets a session', () => {
  it('is one who is online: not who pauses or has left, is blocked, or never answers', async () => {
    await newUser('PAUSE');
    await newUser('OFFLINE');
    await newUser('ONLINE', ['API']);
    const blocked = await newUser();
    await run('update users set blocked_at = now() where id = $1', [blocked]);
    expect(await choose()).toBeUndefined();
    const online = await newUser();
    expect([await choose(), await choose()]).toEqual([online, online]);
    expect(await choose(null, [online])).toBeUndefined();
  });

  it('without a group has the role OPERATOR; in a group it is any member who answers', async () => {
    const supervisor = await newUser('ONLINE', ['SUPERVISOR']);
    const api = await newUser('ONLINE', ['API']);
    const outside = await newUser();
    expect(await choose()).toBe(outside);
    const group = await newGroup([supervisor, api]);
    expect([await choose(group), await choose(group)]).toEqual([supervisor, supervisor]);
    expect(await choose(await newGroup([api]))).toBeUndefined();
    expect(await choose(crypto.randomUUID())).toBeUndefined();
  });

  it('is of the company alone', async () => {
    const other = await newCompany();
    await newUser('ONLINE', ['OPERATOR'], other);
    expect(await choose()).toBeUndefined();
    const operator = await newUser();
    const group = await newGroup([operator]);
    expect(await new OperatorChoice(nodes[0]).choose(other, group, [], NOW)).toBeUndefined();
  });

  it('has the fewest live sessions; closed ones and those of another company do not count', async () => {
    const [busy, idle] = [await newUser(), await newUser()];
    await newSession(busy);
    await newSession(idle, true);
    await newSession(idle, true);
    await newSession(idle, false, await newCompany());
    expect([await choose(), await choose(), await choose()]).toEqual([idle, idle, idle]);
    await newSession(idle);
    await newSession(idle);
    expect(await choose()).toBe(busy);
  });

  it('is, of equally loaded ones, whoever was never chosen, then whose choice is longest ago, also in one instant', async () => {
    const [first, second, third] = [await newUser(), await newUser(), await newUser()];
    const chosen = [];
    for (let time = 0; time < 6; time++) chosen.push(await choose());
    expect(chosen).toEqual([first, second, third, first, second, third]);
    // A node whose clock is behind does not break the order.
    const late = [await choose(null, [], NOW - 60_000), await choose(null, [], NOW - 60_000), await choose()];
    expect(late).toEqual([first, second, third]);
    const newcomer = await newUser();
    expect(await choose()).toBe(newcomer);
  });

  it('spreads over choices made at the same time on several nodes', async () => {
    const idle = [await newUser(), await newUser(), await newUser(), await newUser()];
    const group = await newGroup(idle);
    const choices = nodes.map((node) => new OperatorChoice(node));
    // Some go through the queue of their node and some do not: the lock alone keeps them apart.
    const chosen = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const node = index % 2;
        const choice = index % 4 < 2 ? choices[node] : new OperatorChoice(nodes[node] as Database);
        return choice?.choose(company, index % 3 === 0 ? null : group, [], NOW);
      }),
    );
    expect(idle.map((id) => chosen.filter((one) => one === id).length)).toEqual([5, 5, 5, 5]);
  });

  it('is still found after a choice that failed', async () => {
    const operator = await newUser();
    const choice = new OperatorChoice(nodes[0]);
    const outcomes = await Promise.allSettled([
      choice.choose(company, 'no id', [], NOW),
      choice.choose(company, null, [], NOW),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ value: operator });
  });
});
