import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as documented from '../../testing/operations/documented-answers.ts';
import { createLively, type Lively } from '../../testing/operations/lively.ts';
import { collection, type PhpType } from '../../testing/operations/php-types.ts';
import { nobody, type Identity } from '../../testing/operations/tenant.ts';
import { ADMIN, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let lively: Lively;
beforeAll(async () => {
  app = await startTestApp();
  lively = await createLively(app);
});
afterAll(async () => {
  await lively[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** Reads an address and has every field of the answer typed. */
async function typed(type: PhpType, path: string, as: Identity = lively.crew.tenant.admin): Promise<unknown> {
  const { status, body } = await app.call('GET', path, undefined, { ...as });
  expect([path, status, type(body, path)]).toEqual([path, 200, []]);
  return body;
}

const sessionIds = () => Object.values(lively.sessions).map(({ id }) => id);

describe('a client that types every field takes', () => {
  it('a login, its renewal, and what was created', async () => {
    const { operator, tenant } = lively.crew;
    const login = { email: operator.email, password: ADMIN.password, ttl: 3600, companyId: null, extra: [] };
    const pair = await tenant.do<{ refreshToken: string }>('POST', '/auth/login', login, nobody);
    expect(documented.tokenPair(pair, 'login')).toEqual([]);
    const refresh = { refreshToken: pair.refreshToken, ttl: 3600 };
    expect(documented.tokenPair(await tenant.do('POST', '/auth/refresh', refresh, nobody), 'refresh')).toEqual([]);
    const [botId] = lively.bots;
    const created = await tenant.do('POST', '/chats', { name: 'New', botId });
    expect(documented.createdUuid(created, 'chat')).toEqual([]);
    const attribute = await tenant.do('POST', '/clients/attributes', { name: 'City' });
    expect(documented.createdUuid(attribute, 'attribute')).toEqual([]);
    const person = { email: 'typed@test', password: ADMIN.password, roles: ['OPERATOR'] };
    expect(documented.createdInteger(await tenant.do('POST', '/users', person), 'user')).toEqual([]);
  });

  it('every chat in detail', async () => {
    for (const id of lively.chats) await typed(documented.chat, `/chats/${id}`);
  });

  it('every start, continue and message', async () => {
    for (const [name, started] of Object.entries(lively.sessions)) {
      expect(documented.started(started, name)).toEqual([]);
    }
    const { tenant, operator } = lively.crew;
    const path = `/chats/${lively.chats[0]}/sessions`;
    const body = { clientId: lively.sessions['fresh']?.clientId, messageBody: 'again', clientMetadata: [] };
    expect(documented.started(await tenant.do('PUT', path, body, nobody), 'continue')).toEqual([]);
    const fresh = `/sessions/${lively.sessions['fresh']?.id}`;
    const said = await tenant.do('POST', `${fresh}/clients/messages`, { body: 'One', attachments: [] }, nobody);
    expect(documented.accepted(said, 'message')).toEqual([]);
    const answered = await tenant.do('POST', `${fresh}/operators/messages`, { body: 'Yes' }, operator.header);
    expect(documented.accepted(answered, 'answer')).toEqual([]);
  });

  it('every session and its messages, whatever happened to it', async () => {
    for (const id of sessionIds()) {
      await typed(documented.session, `/sessions/${id}`);
      await typed(documented.sessionItem, `/sessions/${id}`, nobody);
      await typed(documented.messages, `/sessions/${id}/messages?limit=1000`);
      // Whoever is banned reads nothing.
      if (id === lively.sessions['banned']?.id) continue;
      await typed(documented.messages, `/sessions/${id}/messages?limit=2`, nobody);
    }
    for (const { clientId } of Object.values(lively.sessions)) {
      await typed(documented.messages, `/clients/${clientId}/messages?limit=1000`);
    }
  });

  it('the answers of dialogs, at once and to come', async () => {
    for (const [index, answer] of lively.dialogAnswers.entries()) {
      expect(documented.dialog(answer, `dialog ${index}`)).toEqual([]);
    }
    for (const id of lively.dialogs) await typed(documented.variableList, `/dialogs/${id}/variableList`);
  });

  it('every bot in detail, with whatever scenario', async () => {
    for (const id of lively.bots) await typed(documented.bot, `/bots/${id}`);
  });

  it('users and their settings', async () => {
    const { operator, tenant } = lively.crew;
    for (const id of [operator.id, tenant.adminId]) {
      await typed(documented.user, `/users/${id}`);
      await typed(documented.userSettings, `/users/${id}/settings`);
    }
    await typed(documented.user, '/users/me', operator.header);
    await typed(documented.userSettings, '/users/me/settings?keys=own,console.sound', operator.header);
    await typed(documented.settingDefinitions, '/users/settings');
  });

  it.each([
    ['GET', '/chats', 401],
    ['GET', '/chats/00000000-0000-4000-8000-000000000000', 404],
    ['GET', '/chats?limit=0', 400],
    ['DELETE', '/audit', 405],
    ['GET', '/nowhere', 404],
  ])('the failure of %s %s', async (method, path, status) => {
    const as = status === 401 ? nobody : lively.crew.tenant.admin;
    const answer = await app.call(method, path, undefined, { ...as });
    expect([answer.status, documented.failure(answer.body, path)]).toEqual([status, []]);
  });
});

/** Lists, with the class of their items and one of their fields. */
const lists = [
  ['chats', () => '/chats', documented.chatItem, 'name,sessionTtl'],
  ['sessions', () => '/sessions', documented.sessionItem, 'id,operators,lastMessage'],
  [
    'messages',
    () => `/sessions/${lively.sessions['answered']?.id}/messages`,
    documented.messageItem,
    'id,replyTo,readAt',
  ],
  ['users', () => '/users', documented.userItem, 'id,roles,blockedAt'],
  ['bots', () => '/bots', documented.botItem, 'id,viewDetails'],
  ['deleted bots', () => '/bots?deleted=1', documented.botItem, 'id,deletedAt'],
  ['facts', () => '/facts', documented.factItem, 'name,createdAt'],
  ['debug information', () => `/dialogs/${lively.dialogs[0]}/debugInfo`, documented.debugItem, 'info'],
] as const;

describe('a client that types every field takes the list of', () => {
  it.each(lists)('%s in all its forms', async (_name, pathOf, item, fields) => {
    const path = `${pathOf()}${pathOf().includes('?') ? '&' : '?'}`;
    const { items } = (await typed(collection(item), `${path}limit=1000`)) as { items: object[] };
    expect(items.length).toBeGreaterThan(0);
    await typed(collection(item), `${path}withoutCount=1&limit=3`);
    await typed(collection(item), `${path}withoutItems=1`);
    await typed(collection(item), `${path}limit=1&page=1&language=en&timezone=3`);
    const some = (await typed(collection(item), `${path}fields=${fields}`)) as { items: object[] };
    expect(new Set(some.items.flatMap((one) => Object.keys(one)))).toEqual(new Set(fields.split(',')));
    for (const field of Object.keys(items[0] ?? {})) await typed(collection(item), `${path}fields=${field}`);
  });
});

it.each([
  ['a chat', () => `/chats/${lively.chats[1]}`, 'name'],
  ['a session', () => `/sessions/${lively.sessions['known']?.id}`, 'operators'],
  ['a bot', () => `/bots/${lively.bots[0]}`, 'nodes'],
  ['a user', () => `/users/${lively.crew.operator.id}`, 'roles'],
])('details of %s honour fields and leave other parameters of lists alone', async (_name, pathOf, field) => {
  const query = `fields=id,${field}&limit=0&sort=nonsense&withoutCount=x`;
  const { status, body } = await app.call('GET', `${pathOf()}?${query}`, undefined, { ...lively.crew.tenant.admin });
  expect([status, Object.keys(body)]).toEqual([200, expect.toSatisfy((names: string[]) => names.length === 2)]);
  expect(body).toMatchObject({ id: expect.anything(), [field]: expect.anything() });
});

it('the company in which all this is read is a lively one', async () => {
  const { tenant } = lively.crew;
  const read = async (path: string) => (await tenant.do<{ items: Record<string, unknown>[] }>('GET', path)).items;
  const sessions = await read('/sessions?limit=1000');
  const seen = (items: Record<string, unknown>[], field: string) => new Set(items.map((item) => item[field]));
  expect(seen(sessions, 'botStatus')).toEqual(new Set(['WAIT', 'STOP', 'OPERATOR', 'ERROR']));
  expect(seen(sessions, 'status')).toEqual(new Set(['ACTIVE', 'CLOSED']));
  for (const field of ['markedAsSpam', 'clientBanned']) expect(seen(sessions, field)).toEqual(new Set([true, false]));
  for (const value of ['', String(lively.crew.operator.id)]) expect(seen(sessions, 'operatorId')).toContain(value);
  expect(seen(sessions, 'tags').size).toBe(2);
  const messages = (await Promise.all(sessionIds().map((id) => read(`/sessions/${id}/messages?limit=1000`)))).flat();
  for (const field of ['replyTo', 'keyboard', 'readAt', 'updatedAt']) {
    expect([field, seen(messages, field).size > 1, seen(messages, field).has(null)]).toEqual([field, true, true]);
  }
  const attached = messages.filter(({ attachments }) => (attachments as unknown[]).length > 0);
  expect(attached.length).toBeGreaterThan(0);
  expect(seen(messages, 'type')).toEqual(new Set(['REGULAR', 'TERMINAL']));
  expect(seen(messages, 'authorType')).toEqual(new Set(['BOT', 'OPERATOR', 'CLIENT']));
});
