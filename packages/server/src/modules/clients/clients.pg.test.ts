import type { Attribute, Client, Comment, ErrorBody, ListPage, Session, Tag } from '@molva/contract';
import { Client as ClientSchema, operations } from '@molva/contract';
import type pg from 'pg';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import { ADMIN, echoBlocks, startTestApp, type Answered, type TestApp } from '../../testing/test-app.ts';
import { TagStore } from './tag-store.ts';

let app: TestApp;
let database: Database;
let chatId: string;
/** The administrator of another company. */
let stranger: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 2, () => undefined);
  chatId = await app.chat(echoBlocks);
  const [company] = await run<{ id: number }>(`insert into companies (name) values ('Other') returning id`);
  await run(
    `insert into users (company_id, email, password_hash, roles)
      select $1, 'other@test', password_hash, roles from users where email = $2`,
    [company?.id, ADMIN.email],
  );
  const { body } = await app.call<{ token: string }>('POST', '/auth/login', { ...ADMIN, email: 'other@test' });
  stranger = { authorization: `Bearer ${body.token}` };
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function run<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  return database.transaction(async ({ client }) => (await client.query<Row>(text, values)).rows);
}

const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answered<T>> =>
  app.call<T>(method, path, body, app.admin);

/** A session of a client of its own. */
async function newSession(body: Record<string, unknown> = {}): Promise<{ id: string; clientId: string }> {
  const { id, clientId } = await app.start(chatId, body);
  return { id, clientId };
}

async function made(path: string, name: string, as = app.admin): Promise<string> {
  const answer = await app.call<{ id: string }>('POST', path, { name }, as);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}

async function client(id: string): Promise<Client> {
  const { status, body } = await call<Client>('GET', `/clients/${id}`);
  expect(status).toBe(200);
  return body;
}

/** Every call of the module below, with ids in place. */
function callsOf(ids: Record<string, string>): { id: string; method: string; path: string; body: unknown }[] {
  const bodies: Record<string, unknown> = {
    setClientAttributes: ids['attributeId'] === undefined ? {} : { [ids['attributeId']]: 'x' },
    updateAttribute: { name: 'Stolen' },
    setClientComment: { comment: 'Stolen' },
    setSessionComment: { comment: 'Stolen' },
  };
  return [
    operations.getClient,
    operations.banClient,
    operations.unbanClient,
    operations.setClientAttributes,
    operations.updateAttribute,
    operations.deleteAttribute,
    operations.deleteTag,
    operations.tagClient,
    operations.untagClient,
    operations.getClientComment,
    operations.setClientComment,
    operations.tagSession,
    operations.untagSession,
    operations.getSessionComment,
    operations.setSessionComment,
  ].map(({ id, method, path }) => ({
    id,
    method,
    path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? crypto.randomUUID()),
    body: method === 'GET' ? undefined : (bodies[id] ?? []),
  }));
}

describe('a client', () => {
  it('is read whole, and in the fields asked for', async () => {
    const { clientId } = await newSession({ clientName: 'Olga', clientPhone: '+7 900', clientTimezone: 3 });
    const read = await client(clientId);
    expect(Compile(ClientSchema).Errors(read)).toEqual([]);
    expect(read).toMatchObject({ id: clientId, name: 'Olga', phone: '+7 900', timezone: 3, email: null, tags: [] });
    expect(read).toMatchObject({ banned: false, bannedAt: null, comment: '' });
    const { body } = await call('GET', `/clients/${clientId}?fields=name,comment`);
    expect(body).toEqual({ name: 'Olga', comment: '' });
    expect((await call('GET', `/clients/${clientId}?fields=secret`)).status).toBe(400);
    expect((await call('GET', '/clients/nobody')).status).toBe(400);
    expect((await app.call('GET', `/clients/${clientId}`)).status).toBe(401);
  });

  it('that is banned is refused until the ban is lifted; the first instant of a ban stays', async () => {
    const { id, clientId } = await newSession();
    const say = () => app.call('POST', `/sessions/${id}/clients/messages`, { body: 'Hello' });
    expect((await say()).status).toBe(201);
    expect((await call('PATCH', `/clients/${clientId}/ban`, [])).status).toBe(204);
    const { banned, bannedAt } = await client(clientId);
    expect([banned, typeof bannedAt]).toEqual([true, 'string']);
    expect([(await say()).status, (await say()).headers.get('x-error-code')]).toEqual([403, 'client-banned']);
    expect((await app.call('POST', `/chats/${chatId}/sessions`, { clientId })).status).toBe(403);
    // It is the client who is banned: people may still say why.
    expect((await call('POST', `/sessions/${id}/operators/messages`, { body: 'Good bye' })).status).toBe(201);
    expect((await call('PATCH', `/clients/${clientId}/ban`, [])).status).toBe(204);
    expect((await client(clientId)).bannedAt).toBe(bannedAt);
    expect((await call('PATCH', `/clients/${clientId}/unban`)).status).toBe(204);
    expect(await client(clientId)).toMatchObject({ banned: false, bannedAt: null });
    expect((await say()).status).toBe(201);
  });

  it('that is banned when its session has ended reads and rates it no more, until the ban is lifted', async () => {
    const { id, clientId } = await newSession();
    const seen = async () => {
      const messages = await app.call('GET', `/sessions/${id}/messages`);
      const rating = await app.call('PUT', `/sessions/${id}/rating`, { rating: 5 });
      return [messages.status, rating.status];
    };
    expect((await call('DELETE', `/sessions/${id}`, { result: 'solved' })).status).toBe(204);
    expect(await seen()).toEqual([200, 204]);
    await call('PATCH', `/clients/${clientId}/ban`, []);
    expect(await seen()).toEqual([403, 403]);
    await call('PATCH', `/clients/${clientId}/unban`);
    expect(await seen()).toEqual([200, 204]);
  });
});

describe('attributes', () => {
  it('are defined, renamed and listed by name; a name is taken once, whatever its case', async () => {
    const city = await made('/clients/attributes', ' Город ');
    await made('/clients/attributes', 'Возраст');
    for (const name of ['город', 'ГОРОД ']) {
      const answer = await call('POST', '/clients/attributes', { name });
      expect([answer.status, answer.headers.get('x-error-code')]).toEqual([422, 'name-taken']);
    }
    expect((await call('PUT', `/clients/attributes/${city}`, { name: 'ВОЗРАСТ' })).status).toBe(422);
    expect((await call('PUT', `/clients/attributes/${city}`, { name: 'ГОРОД' })).status).toBe(204);
    const { body } = await call<ListPage<Attribute>>('GET', '/clients/attributes?fields=id,name');
    expect(body.items.filter(({ id }) => id === city)).toEqual([{ id: city, name: 'ГОРОД' }]);
    const page = await call<ListPage<Attribute>>('GET', '/clients/attributes?sort=-createdAt&limit=1');
    expect([page.body.count, page.body.items[0]?.name]).toEqual([2, 'Возраст']);
    for (const name of ['', '  ', 'x'.repeat(129), null]) {
      expect((await call('POST', '/clients/attributes', { name })).status).toBe(400);
    }
    // Another company has names of its own.
    await made('/clients/attributes', 'Город', stranger);
  });

  it('have a value of any scalar; what is not named stays, null clears, and no value is lost by a new name', async () => {
    const { clientId } = await newSession();
    const [text, number, flag] = [
      await made('/clients/attributes', 'Text'),
      await made('/clients/attributes', 'Number'),
      await made('/clients/attributes', 'Flag'),
    ];
    const set = async (values: unknown) => (await call('PATCH', `/clients/${clientId}/attributes`, values)).status;
    const values = async () =>
      Object.fromEntries((await client(clientId)).attributes.map(({ id, value }) => [id, value]));
    expect(await set({ [text]: 'a "quoted" text', [number]: 1.5, [flag.toUpperCase()]: false })).toBe(204);
    expect(await values()).toMatchObject({ [text]: 'a "quoted" text', [number]: 1.5, [flag]: false });
    expect(await set({ [number]: null, [text]: '' })).toBe(204);
    expect(await values()).toMatchObject({ [text]: '', [number]: null, [flag]: false });
    expect((await call('PUT', `/clients/attributes/${flag}`, { name: 'Renamed' })).status).toBe(204);
    expect((await client(clientId)).attributes).toContainEqual({ id: flag, name: 'Renamed', value: false });
    expect(await set([])).toBe(204);
    expect(await set({ [text]: { deep: 1 } })).toBe(400);
    expect((await call('DELETE', `/clients/attributes/${flag}`, [])).status).toBe(204);
    expect(Object.keys(await values())).not.toContain(flag);
    expect((await call('DELETE', `/clients/attributes/${flag}`, [])).status).toBe(404);
  });

  it('that do not exist are named, and nothing is changed', async () => {
    const { clientId } = await newSession();
    const known = await made('/clients/attributes', 'Known');
    const foreign = await made('/clients/attributes', 'Foreign', stranger);
    const unknown = crypto.randomUUID();
    const noId = '-'.repeat(36);
    const before = await client(clientId);
    const answer = await call<ErrorBody>('PATCH', `/clients/${clientId}/attributes`, {
      [known]: 'changed',
      [foreign]: 'changed',
      [unknown]: null,
      [noId]: 1,
    });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body.details?.['fields'] as object).toSorted()).toEqual(
      [foreign, unknown, noId].toSorted(),
    );
    expect(await client(clientId)).toEqual(before);
    const twice = await call('PATCH', `/clients/${clientId}/attributes`, { [known]: 1, [known.toUpperCase()]: 2 });
    expect(twice.status).toBe(400);
    expect(await client(clientId)).toEqual(before);
  });

  it('changed at the same time end in one of the changes, with none lost to the other', async () => {
    const { clientId } = await newSession();
    const ids = await Promise.all(['A', 'B', 'C'].map((name) => made('/clients/attributes', `Race ${name}`)));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, round) =>
        call(
          'PATCH',
          `/clients/${clientId}/attributes`,
          Object.fromEntries((round % 2 === 0 ? ids : ids.toReversed()).map((id) => [id, round])),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204));
    const values = (await client(clientId)).attributes.filter(({ id }) => ids.includes(id)).map(({ value }) => value);
    expect([values.length, new Set(values).size]).toEqual([3, 1]);
  });
});

describe('tags', () => {
  it('are defined and listed; a name is taken once, whatever its case, and has no comma', async () => {
    const vip = await made('/tags', 'ВИП');
    expect((await call('POST', '/tags', { name: ' вип' })).headers.get('x-error-code')).toBe('name-taken');
    for (const name of ['a,b', '', ' ', '\u200b']) expect((await call('POST', '/tags', { name })).status).toBe(400);
    const { body } = await call<ListPage<Tag>>('GET', '/tags?offsetField=name&offsetValue=%D0%90&limit=5');
    expect(body.items).toEqual([{ id: vip, name: 'ВИП', createdAt: expect.any(String) }]);
    expect((await call('GET', '/tags?sort=companyId')).status).toBe(400);
    await made('/tags', 'ВИП', stranger);
    expect((await app.call<ListPage<Tag>>('GET', '/tags', undefined, stranger)).body.count).toBe(1);
  });

  it('of two that are made at the same time one is made', async () => {
    const answers = await Promise.all(['Race', 'RACE', 'race'].map((name) => call('POST', '/tags', { name })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422, 422]);
  });

  it('go on clients and sessions once, and come off; what is not on comes off too', async () => {
    const { id, clientId } = await newSession();
    const tag = await made('/tags', 'Regular');
    for (const of of [`/clients/${clientId}`, `/sessions/${id}`]) {
      for (const method of ['DELETE', 'PUT', 'PUT', 'DELETE', 'DELETE', 'PUT']) {
        expect((await call(method, `${of}/tags/${tag}`, [])).status, `${method} ${of}`).toBe(204);
      }
    }
    expect((await client(clientId)).tags).toEqual([{ id: tag, name: 'Regular' }]);
    expect((await call('DELETE', `/tags/${tag}`, [])).status).toBe(204);
    expect((await client(clientId)).tags).toEqual([]);
    expect(await run('select 1 from session_tags where session_id = $1', [id])).toEqual([]);
    expect((await call('DELETE', `/tags/${tag}`, [])).status).toBe(404);
  });

  it('of a session are its own and those of its client, in order and once each', async () => {
    const [one, two] = [await newSession(), await newSession()];
    const [a, b, c] = [await made('/tags', 'b-own'), await made('/tags', 'a-both'), await made('/tags', 'C-client')];
    const put = async (path: string) => expect((await call('PUT', path)).status).toBe(204);
    await put(`/sessions/${one.id}/tags/${a}`);
    await put(`/sessions/${one.id}/tags/${b}`);
    await put(`/clients/${one.clientId}/tags/${b}`);
    await put(`/clients/${one.clientId}/tags/${c}`);
    const tags = new TagStore(database);
    const sessions = [one, two].map((session) => ({ ...session, companyId: 1 }));
    expect([...(await tags.namesOf(sessions))]).toEqual([
      [one.id, ['a-both', 'b-own', 'C-client']],
      [two.id, []],
    ]);
    const read = await call<Session>('GET', `/sessions/${one.id}`);
    expect(read.body.tags).toBe('a-both,b-own,C-client');
    // A client id that another company has too brings nothing over.
    const foreign = await tags.namesOf([{ id: two.id, clientId: one.clientId, companyId: 2 }]);
    expect([...foreign]).toEqual([[two.id, []]]);
    expect((await tags.namesOf([])).size).toBe(0);
  });

  it('find their sessions whatever the case, in every script and on every database', async () => {
    const [own, ofClient] = [await newSession(), await newSession()];
    const found = async (names: string) => {
      const path = `/sessions?sort=startedAt&tags=${encodeURIComponent(names)}`;
      return (await call<ListPage<Session>>('GET', path)).body.items.map(({ id }) => id);
    };
    await call('PUT', `/sessions/${own.id}/tags/${await made('/tags', 'Жалоба')}`);
    await call('PUT', `/clients/${ofClient.clientId}/tags/${await made('/tags', 'Complaint')}`);
    expect(await found('nothing,complaint')).toEqual([ofClient.id]);
    expect(await found('жалоба')).toEqual([own.id]);
    expect(await found('COMPLAINT,ЖАЛОБА')).toEqual([own.id, ofClient.id]);
    expect(await found('nothing')).toEqual([]);
  });
});

describe('comments', () => {
  it('on clients and on sessions are empty, written, and written over', async () => {
    const { id, clientId } = await newSession();
    for (const of of [`/clients/${clientId}`, `/sessions/${id}`]) {
      const read = async () => (await call<Comment>('GET', `${of}/comment`)).body;
      expect(await read()).toEqual({ comment: '' });
      for (const comment of ['First\nline', 'Second', '']) {
        expect((await call('PUT', `${of}/comment`, { comment })).status).toBe(204);
        expect(await read()).toEqual({ comment });
      }
      expect((await call('PUT', `${of}/comment`, {})).status).toBe(400);
      expect((await call('PUT', `${of}/comment`, { comment: 'x'.repeat(16_385) })).status).toBe(400);
    }
    await call('PUT', `/clients/${clientId}/comment`, { comment: 'Of the client' });
    expect((await client(clientId)).comment).toBe('Of the client');
  });
});

describe('what another company owns', () => {
  it('answers every call as what does not exist, and stays as it was', async () => {
    const { id, clientId } = await newSession();
    const attributeId = await made('/clients/attributes', 'Tenant');
    const tagId = await made('/tags', 'Tenant');
    const before = await client(clientId);
    const foreign = callsOf({ sessionId: id, clientId, attributeId, tagId });
    const missing = callsOf({ attributeId });
    for (const [index, { id: operation, method, path, body }] of foreign.entries()) {
      const hidden = await app.call(method, path, body, stranger);
      expect([hidden.status, hidden.headers.get('x-error-code')], operation).toEqual([404, 'entity-not-found']);
      const absent = missing[index];
      if (absent === undefined || operation === 'updateAttribute' || operation === 'deleteAttribute') continue;
      const answer = await call(absent.method, absent.path, absent.body);
      expect([answer.status, answer.body], operation).toEqual([404, hidden.body]);
    }
    // Mixed: the caller's own tag on what is not its own, and the other way round.
    const own = await made('/tags', 'Own', stranger);
    for (const path of [`/sessions/${id}`, `/clients/${clientId}`]) {
      expect((await app.call('PUT', `${path}/tags/${own}`, [], stranger)).status).toBe(404);
      expect((await call('PUT', `${path}/tags/${own}`, [])).status).toBe(404);
    }
    expect(await client(clientId)).toEqual(before);
    expect((await call<Comment>('GET', `/sessions/${id}/comment`)).body).toEqual({ comment: '' });
    const { items } = (await app.call<ListPage<Attribute>>('GET', '/clients/attributes?limit=100', undefined, stranger))
      .body;
    expect(items.map((item) => item.id)).not.toContain(attributeId);
  });

  it('neither does a dialog of the bot API, which is no session', async () => {
    const { id } = await newSession();
    const tagId = await made('/tags', 'Dialog');
    await run('update sessions set chat_id = null where id = $1', [id]);
    for (const { id: operation, method, path, body } of callsOf({ sessionId: id, tagId })) {
      if (path.startsWith('/sessions/')) expect((await call(method, path, body)).status, operation).toBe(404);
    }
  });
});

it('what defines attributes and tags needs an administrator; the rest any user', async () => {
  await run(
    `insert into users (company_id, email, password_hash, roles)
      select company_id, 'operator@test', password_hash, '{OPERATOR}' from users where email = $1`,
    [ADMIN.email],
  );
  const { body } = await app.call<{ token: string }>('POST', '/auth/login', { ...ADMIN, email: 'operator@test' });
  const operator = { authorization: `Bearer ${body.token}` };
  const { clientId } = await newSession();
  const id = await made('/tags', 'Rights');
  const attribute = await made('/clients/attributes', 'Rights');
  const status = async (method: string, path: string, given?: unknown) =>
    (await app.call(method, path, given, operator)).status;
  expect(await status('POST', '/tags', { name: 'Mine' })).toBe(403);
  expect(await status('DELETE', `/tags/${id}`)).toBe(403);
  expect(await status('POST', '/clients/attributes', { name: 'Mine' })).toBe(403);
  expect(await status('PUT', `/clients/attributes/${attribute}`, { name: 'Mine' })).toBe(403);
  expect(await status('DELETE', `/clients/attributes/${attribute}`)).toBe(403);
  expect(await status('GET', '/tags')).toBe(200);
  expect(await status('PUT', `/clients/${clientId}/tags/${id}`)).toBe(204);
  expect(await status('PATCH', `/clients/${clientId}/attributes`, { [attribute]: 'x' })).toBe(204);
  expect(await status('PATCH', `/clients/${clientId}/ban`)).toBe(204);
});
