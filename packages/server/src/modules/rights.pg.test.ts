import type {
  ApiKeyCreated,
  Bot,
  Chat,
  ChatListItem,
  CurrentUser,
  ListPage,
  Message,
  MessageAccepted,
  Session,
  SettingValues,
  User,
} from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let olga: Operator;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  olga = await app.operator('Olga');
  chatId = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

const code = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('x-error-code')];
const NO_OPERATOR = [422, 'not-an-operator'];
const HIDDEN = [404, 'entity-not-found'];
/** The header of a key with these roles, of the administrator unless another user is named. */
const key = async (roles: readonly string[], userId = 1): Promise<Record<string, string>> => {
  const { body } = await app.call<ApiKeyCreated>('POST', '/apikeys', { name: 'Key', roles, userId }, app.admin);
  return { authorization: `Bearer ${body.key}` };
};
const say = (id: string, header: Record<string, string>) =>
  app.call<MessageAccepted>('POST', `/sessions/${id}/operators/messages`, { body: 'Good day' }, header);
const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;

it('the role API makes nobody an overseer: an operator with it speaks in no session that a colleague answers', async () => {
  const { id } = await app.start(chatId);
  expect((await say(id, app.admin)).status).toBe(201);
  const unasked = [await say(id, await key(['OPERATOR', 'API'], olga.id)), await say(id, olga.header)];
  expect(unasked.map(code)).toEqual([
    [422, 'operator-not-in-session'],
    [422, 'operator-not-in-session'],
  ]);
  expect(await details(id)).toMatchObject({ operatorId: '1' });
});

describe('a key of an administrator that has the role API alone', () => {
  it('answers in no session, and corrects nothing that its user said', async () => {
    const api = await key(['API']);
    const { id } = await app.start(chatId);
    expect(code(await say(id, api))).toEqual(NO_OPERATOR);
    expect(await details(id)).toMatchObject({ operatorType: 'BOT' });
    const { body } = await say(id, app.admin);
    const edit = await app.call('PATCH', `/messages/${body.id}`, { body: 'Forged' }, api);
    const taken = await app.call('DELETE', `/messages/${body.id}`, [], api);
    expect([code(edit), code(taken)]).toEqual([
      [403, 'permission-denied'],
      [403, 'permission-denied'],
    ]);
    const list = await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages`, undefined, api);
    expect(list.body.items.map((message) => message.body)).toContain('Good day');
  });

  it('puts its user neither to work nor to rest, and gives him a session only as anybody names him', async () => {
    const api = await key(['API']);
    expect(code(await app.call('PATCH', '/users/me/activate', undefined, api))).toEqual(NO_OPERATOR);
    expect(code(await app.call('PATCH', '/users/me/deactivate', {}, api))).toEqual(NO_OPERATOR);
    const { id } = await app.start(chatId);
    await app.call('PATCH', `/sessions/${id}/operators/1`, undefined, api);
    expect((await details(id)).assignment).toMatchObject({ by: 'named' });
  });

  it('is told its own roles, and a key that answers does answer', async () => {
    const roles = async (header: Record<string, string>) =>
      (await app.call<CurrentUser>('GET', '/users/me', undefined, header)).body.roles.map(({ name }) => name);
    expect(await roles(await key(['API']))).toEqual(['API']);
    const answering = await key(['OPERATOR', 'API'], olga.id);
    expect(await roles(answering)).toEqual(['OPERATOR', 'API']);
    const { id } = await app.start(chatId);
    const said = await say(id, answering);
    expect(said.status).toBe(201);
    expect((await app.call('PATCH', `/messages/${said.body.id}`, { body: 'Better' }, answering)).status).toBe(204);
  });
});

it('what bots of a dependent company keep is hidden from its reseller, as what is nobody’s', async () => {
  const tenant = await app.tenant();
  const scenario = { version: 1, language: 'en', start: 'start', blocks: echoBlocks };
  const { body: bot } = await app.call('POST', '/bots', { name: 'Hers', scenario }, tenant.header);
  const fact = { botId: bot['id'], clientId: crypto.randomUUID(), context: 'orders', name: 'last', value: 1 };
  const { body } = await app.call('PUT', '/facts', fact, tenant.header);
  const { companyId } = tenant;
  const calls = (named: number) => [
    app.call('GET', `/facts?companyId=${named}`, undefined, app.admin),
    app.call('PUT', '/facts', { ...fact, companyId: named }, app.admin),
    app.call('PUT', '/facts', { ...fact, factId: body['id'], companyId: named }, app.admin),
    app.call('DELETE', `/facts/${String(body['id'])}`, { companyId: named }, app.admin),
  ];
  const answers = async (named: number) =>
    (await Promise.all(calls(named))).map((answer) => [...code(answer), answer.body]);
  const hidden = await answers(companyId);
  expect(hidden).toEqual(await answers(4711));
  expect(hidden.map(([status, error]) => [status, error])).toEqual(hidden.map(() => HIDDEN));
  expect((await app.call<ListPage<object>>('GET', '/facts', undefined, tenant.header)).body.items).toMatchObject([
    { value: 1 },
  ]);
});

describe('who is no administrator', () => {
  const url = 'https://hook.example/in?key=unguessable';
  const secret = 'unguessable';

  it('sees no token, key, address or data of callbacks of a chat, alone or in the list', async () => {
    const secrets = {
      eventCallbackUrl: url,
      eventCallbackData: secret,
      fcmServerKey: secret,
      fcmServiceUrl: url,
      messengers: { ALICE: { authToken: secret } },
    };
    const id = await app.chat(echoBlocks, secrets);
    const one = (header: Record<string, string>) => app.call<Chat>('GET', `/chats/${id}`, undefined, header);
    const all = (header: Record<string, string>) =>
      app.call<ListPage<ChatListItem>>('GET', '/chats?limit=1000', undefined, header);
    expect((await one(app.admin)).body).toMatchObject(secrets);
    for (const header of [olga.header, await key(['API']), await key(['SUPERVISOR'])]) {
      expect((await one(header)).body).toMatchObject({ messengers: { ALICE: {} }, eventCallbackUrl: null });
      expect(JSON.stringify([(await one(header)).body, (await all(header)).body])).not.toContain(secret);
    }
    expect(JSON.stringify((await all(app.admin)).body)).toContain(secret);
  });

  it('sees no address of a webhook', async () => {
    const webhook = { url, secret: 'a secret of sixteen', answerTimeout: 7 };
    const { body } = await app.call('POST', '/bots', { name: 'Elsewhere', webhook }, app.admin);
    const get = async (header: Record<string, string>) =>
      (await app.call<Bot>('GET', `/bots/${String(body['id'])}`, undefined, header)).body.webhook;
    expect(await get(app.admin)).toEqual({ url, answerTimeout: 7 });
    expect(await get(olga.header)).toEqual({ url: '', answerTimeout: 7 });
  });

  it('sees the own settings and those of nobody else, who is missing or not', async () => {
    const { id } = await app.operator('Private');
    await app.call('PATCH', `/users/${id}/settings`, { settings: { 'mail.token': secret } }, app.admin);
    await app.call('PATCH', '/users/me/settings', { settings: { 'mail.token': 'hers' } }, olga.header);
    const settings = (of: number | string, header = olga.header) =>
      app.call<{ settings: SettingValues }>('GET', `/users/${of}/settings`, undefined, header);
    expect(code(await settings(id))).toEqual([403, 'permission-denied']);
    expect(code(await settings(4711))).toEqual(HIDDEN);
    expect((await settings(id, app.admin)).body.settings).toMatchObject({ 'mail.token': secret });
    expect((await settings(olga.id)).body.settings).toMatchObject({ 'mail.token': 'hers' });
    const one = async (of: number) => (await app.call<User>('GET', `/users/${of}`, undefined, olga.header)).body;
    expect((await one(id)).settings).toEqual({});
    expect((await one(olga.id)).settings).toMatchObject({ 'mail.token': 'hers', 'console.sound': true });
    const { body } = await app.call<ListPage<User>>('GET', '/users?limit=1000', undefined, olga.header);
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(JSON.stringify(body)).toContain('hers');
  });
});

it('no answer is to be kept, or read as another type than it says', async () => {
  const headers = async (method: string, path: string, header: Record<string, string> = {}) => {
    const answer = await fetch(app.url + path, { method, headers: header });
    await answer.arrayBuffer();
    return [path, answer.headers.get('cache-control'), answer.headers.get('x-content-type-options')];
  };
  const calls = [
    headers('GET', '/api/v1/users/me', app.admin),
    headers('GET', '/api/v1/users/me'),
    headers('PATCH', '/api/v1/users/me/activate', app.admin),
    headers('GET', '/api/v1/openapi.json'),
    headers('GET', '/api/v1/nothing'),
    headers('GET', '/health/live'),
    headers('GET', '/demo.json'),
  ];
  for (const [path, ...said] of await Promise.all(calls))
    expect([path, ...said]).toEqual([path, 'no-store', 'nosniff']);
});
