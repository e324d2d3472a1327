import type { CurrentUser, Group, ListPage, Session } from '@molva/contract';
import { Group as GroupSchema, operations } from '@molva/contract';
import type pg from 'pg';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import { ADMIN, echoBlocks, startTestApp, type Answered, type TestApp } from '../../testing/test-app.ts';

interface Person {
  readonly id: number;
  readonly header: Record<string, string>;
}

let app: TestApp;
let database: Database;
/** The administrator of another company. */
let stranger: Person;
/** Operators of the first company. */
let olga: Person;
let ivan: Person;

beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 2, () => undefined);
  const [company] = await run<{ id: number }>(`insert into companies (name) values ('Other') returning id`);
  stranger = await person('stranger@test', ['ADMIN', 'OPERATOR'], company?.id);
  olga = await person('olga@test', ['OPERATOR']);
  ivan = await person('ivan@test', ['OPERATOR']);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function run<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  return database.transaction(async ({ client }) => (await client.query<Row>(text, values)).rows);
}

async function person(email: string, roles: string[], companyId = 1): Promise<Person> {
  const [row] = await run<{ id: number }>(
    `insert into users (company_id, email, password_hash, first_name, roles)
      select $1, $2, password_hash, 'Somebody', $3 from users where email = $4 returning id`,
    [companyId, email, roles, ADMIN.email],
  );
  const { body } = await app.call<{ token: string }>('POST', '/auth/login', { ...ADMIN, email });
  return { id: row?.id ?? 0, header: { authorization: `Bearer ${body.token}` } };
}

const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answered<T>> =>
  app.call<T>(method, path, body, app.admin);

async function newGroup(body: Record<string, unknown> = {}): Promise<string> {
  const answer = await call<{ id: string }>('POST', '/groups', { name: 'Group', ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}

async function group(id: string): Promise<Group> {
  const { status, body } = await call<Group>('GET', `/groups/${id}`);
  expect(status).toBe(200);
  return body;
}

describe('groups', () => {
  it('are created, read whole and in part, changed, listed and deleted', async () => {
    const id = await newGroup({ name: 'First line', timerFirstAnswer: 60, operatorIds: [ivan.id, olga.id] });
    const read = await group(id);
    expect(Compile(GroupSchema).Errors(read)).toEqual([]);
    const members = [olga.id, ivan.id].toSorted((a, b) => a - b);
    expect(read).toMatchObject({ name: 'First line', timerFirstAnswer: 60, timerNextAnswers: 0, operatorIds: members });
    expect((await call('GET', `/groups/${id}?fields=name`)).body).toEqual({ name: 'First line' });
    expect((await call('GET', `/groups/${id}?fields=nope`)).status).toBe(400);
    expect((await call('PUT', `/groups/${id}`, { timerNextAnswers: 30 })).status).toBe(204);
    expect((await call('PUT', `/groups/${id}`, [])).status).toBe(204);
    expect(await group(id)).toMatchObject({ name: 'First line', timerFirstAnswer: 60, timerNextAnswers: 30 });
    expect((await group(id)).operatorIds).toEqual(members);
    expect((await call('PUT', `/groups/${id}`, { name: 'Второй', operatorIds: [olga.id] })).status).toBe(204);
    expect(await group(id)).toMatchObject({ name: 'Второй', operatorIds: [olga.id] });
    const list = await call<ListPage<Group>>('GET', '/groups?name=%D1%82%D0%BE&fields=id,operatorIds');
    expect(list.body).toEqual({ count: 1, items: [{ id, operatorIds: [olga.id] }] });
    expect((await call('PUT', `/groups/${id}`, { operatorIds: [] })).status).toBe(204);
    expect((await group(id)).operatorIds).toEqual([]);
    expect((await call('DELETE', `/groups/${id}`, [])).status).toBe(204);
    expect([(await call('GET', `/groups/${id}`)).status, (await call('DELETE', `/groups/${id}`)).status]).toEqual([
      404, 404,
    ]);
  });

  it.each([
    [{ name: '' }],
    [{}],
    [{ name: 'x'.repeat(256) }],
    [{ name: 'x', timerFirstAnswer: -1 }],
    [{ name: 'x', timerNextAnswers: 1.5 }],
    [{ name: 'x', operatorIds: ['x'] }],
    [{ name: 'x', operatorIds: [1, 1] }],
  ])('refuse %o', async (body) => {
    expect((await call('POST', '/groups', body)).status).toBe(400);
  });

  it('take no operator who is not there, another company’s, or never answers, and change nothing then', async () => {
    const api = await person('api@test', ['API']);
    const id = await newGroup({ name: 'Whole', operatorIds: [olga.id] });
    const count = async () => (await call<ListPage<Group>>('GET', '/groups')).body.count;
    const before = [await group(id), await count()];
    for (const operatorId of [stranger.id, 2_000_000_000, api.id]) {
      const operatorIds = [ivan.id, operatorId];
      expect((await call('POST', '/groups', { name: 'Half', operatorIds })).status).toBe(404);
      expect((await call('PUT', `/groups/${id}`, { name: 'Half', operatorIds })).status).toBe(404);
      expect((await call('PUT', `/groups/${id}/operators/${operatorId}`, [])).status).toBe(404);
    }
    expect([await group(id), await count()]).toEqual(before);
    expect((await call('PUT', `/groups/${id}/operators/nobody`, [])).status).toBe(400);
  });

  it('get and lose single operators; twice changes nothing', async () => {
    const id = await newGroup();
    const members = async () => (await group(id)).operatorIds;
    for (const [method, after] of [
      ['PUT', [olga.id]],
      ['PUT', [olga.id]],
      ['DELETE', []],
      ['DELETE', []],
    ] as const) {
      expect((await call(method, `/groups/${id}/operators/${olga.id}`, [])).status).toBe(204);
      expect(await members()).toEqual(after);
    }
    expect((await call('DELETE', `/groups/${id}/operators/2000000000`, [])).status).toBe(404);
  });

  it('show with the user, and leave the user when they are deleted', async () => {
    const maria = await person('maria@test', ['OPERATOR']);
    const [a, b] = [
      await newGroup({ name: 'A', operatorIds: [maria.id] }),
      await newGroup({ name: 'B', operatorIds: [maria.id, olga.id] }),
    ];
    const me = async () => (await app.call<CurrentUser>('GET', '/users/me', undefined, maria.header)).body;
    expect((await me()).groupIds).toEqual([a, b]);
    expect((await call('DELETE', `/groups/${a}`, [])).status).toBe(204);
    expect((await me()).groupIds).toEqual([b]);
  });

  it('of another company answer as what does not exist, and stay as they were', async () => {
    const id = await newGroup({ operatorIds: [olga.id] });
    const before = await group(id);
    for (const operation of [
      operations.getGroup,
      operations.updateGroup,
      operations.deleteGroup,
      operations.addGroupOperator,
      operations.removeGroupOperator,
    ]) {
      const path = (groupId: string) =>
        operation.path.replace('{groupId}', groupId).replace('{operatorId}', String(stranger.id));
      const body = operation.method === 'GET' ? undefined : { name: 'Stolen' };
      const hidden = await app.call(operation.method, path(id), body, stranger.header);
      const absent = await app.call(operation.method, path(crypto.randomUUID()), body, stranger.header);
      expect([hidden.status, hidden.body], operation.id).toEqual([404, absent.body]);
    }
    expect(await group(id)).toEqual(before);
    expect((await app.call<ListPage<Group>>('GET', '/groups', undefined, stranger.header)).body.count).toBe(0);
  });

  it('are read by every user and changed by administrators', async () => {
    const id = await newGroup();
    const status = async (method: string, path: string, body?: unknown) =>
      (await app.call(method, path, body, olga.header)).status;
    expect([await status('GET', '/groups'), await status('GET', `/groups/${id}`)]).toEqual([200, 200]);
    expect(await status('POST', '/groups', { name: 'Mine' })).toBe(403);
    expect(await status('PUT', `/groups/${id}`, { name: 'Mine' })).toBe(403);
    expect(await status('DELETE', `/groups/${id}`)).toBe(403);
    expect(await status('PUT', `/groups/${id}/operators/${olga.id}`)).toBe(403);
    expect(await status('DELETE', `/groups/${id}/operators/${olga.id}`)).toBe(403);
  });
});

describe('the status of an operator', () => {
  it('is online after activation; a pause, or an end, is named', async () => {
    const status = async () => {
      const { body } = await app.call<CurrentUser>('GET', '/users/me', undefined, olga.header);
      return [body.operatorStatus, body.online];
    };
    const change = async (what: string, body?: unknown) =>
      (await app.call('PATCH', `/users/me/${what}`, body, olga.header)).status;
    expect(await status()).toEqual(['OFFLINE', false]);
    expect([await change('activate'), ...(await status())]).toEqual([204, 'ONLINE', true]);
    expect([await change('activate', []), ...(await status())]).toEqual([204, 'ONLINE', true]);
    expect([await change('deactivate', { status: 'PAUSE' }), ...(await status())]).toEqual([204, 'PAUSE', false]);
    expect([await change('activate', []), ...(await status())]).toEqual([204, 'ONLINE', true]);
    expect(await change('deactivate', { status: 'ONLINE' })).toBe(400);
    expect(await change('deactivate', { status: 'ASLEEP' })).toBe(400);
    expect(await status()).toEqual(['ONLINE', true]);
    expect([await change('deactivate', []), ...(await status())]).toEqual([204, 'OFFLINE', false]);
    expect((await app.call('PATCH', '/users/me/activate')).status).toBe(401);
  });

  it('is not for users who never answer in sessions', async () => {
    const backEnd = await person('backend@test', ['API']);
    for (const what of ['activate', 'deactivate']) {
      const answer = await app.call('PATCH', `/users/me/${what}`, [], backEnd.header);
      expect([answer.status, answer.headers.get('x-error-code')], what).toEqual([422, 'not-an-operator']);
    }
    const [row] = await run('select status, status_at from seats where user_id = $1', [backEnd.id]);
    expect(row).toEqual({ status: 'OFFLINE', status_at: null });
  });
});

describe('a session that is given to a group', () => {
  it('goes to the member who is online and has the fewest sessions, and waits for help where there is none', async () => {
    const chatId = await app.chat(echoBlocks);
    const id = await newGroup({ operatorIds: [olga.id, ivan.id] });
    const give = async () => {
      const session = await app.start(chatId);
      expect((await call('PATCH', `/sessions/${session.id}/groupoperators/${id}`, [])).status).toBe(204);
      return session.id;
    };
    const operatorOf = async (sessionId: string) =>
      (await call<Session>('GET', `/sessions/${sessionId}`)).body.operatorId;
    const waiting = await give();
    expect(await operatorOf(waiting)).toBe('');
    // Whoever comes online finds what waits for help.
    await app.call('PATCH', '/users/me/activate', [], olga.header);
    await expect.poll(() => operatorOf(waiting)).toBe(String(olga.id));
    await app.call('PATCH', '/users/me/activate', [], ivan.header);
    expect(await operatorOf(await give())).toBe(String(ivan.id));
    await app.call('PATCH', '/users/me/deactivate', { status: 'PAUSE' }, ivan.header);
    expect(await operatorOf(await give())).toBe(String(olga.id));
    // The group goes, what waits in it waits for anybody.
    await app.call('PATCH', '/users/me/deactivate', { status: 'PAUSE' }, olga.header);
    const left = await give();
    expect((await call('DELETE', `/groups/${id}`, [])).status).toBe(204);
    const handedTo = async () => (await call<Session>('GET', `/sessions/${left}`)).body.handOver?.groupId;
    await expect.poll(handedTo).toBeNull();
    const { body } = await call<Session>('GET', `/sessions/${left}`);
    expect([body.status, body.operatorType, body.operatorId]).toEqual(['ACTIVE', 'OPERATOR', '']);
    const again = await call('PATCH', `/sessions/${waiting}/groupoperators/${id}`, []);
    expect(again.status).toBe(404);
  });
});
