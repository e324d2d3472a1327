import { Fact as FactSchema, type Fact, type ListPage } from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let botId: string;
let clientId: string;
beforeAll(async () => {
  app = await startTestApp();
  const blocks = { start: { type: 'start', next: 'end' }, end: { type: 'end' } };
  const scenario = { version: 1, language: 'en', start: 'start', blocks };
  botId = (await call<{ id: string }>('POST', '/bots', { name: 'Bot', scenario })).body.id;
});
beforeEach(() => {
  clientId = crypto.randomUUID();
});
afterAll(() => app[Symbol.asyncDispose]());

const isFact = Compile(FactSchema);
const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  app.call<T>(method, path, body, app.admin);
const put = (body: Record<string, unknown>) =>
  call<{ id: string; details: { fields: object } }>('PUT', '/facts', {
    botId,
    clientId,
    context: 'c',
    name: 'n',
    ...body,
  });
const list = async (query = '') => (await call<ListPage<Fact>>('GET', `/facts?clientId=${clientId}&${query}`)).body;

describe('facts', () => {
  it('are one for each bot, client, context and name; a value that is not given stays', async () => {
    const first = await put({ value: { not: 'scalar' } });
    expect([first.status, Object.keys(first.body.details.fields)]).toEqual([400, ['value']]);
    const saved = await put({});
    expect(saved.status).toBe(200);
    expect((await list()).items[0]).toMatchObject({ id: saved.body.id, botId, clientId, context: 'c', value: null });
    expect((await put({ value: 1.5, companyId: 1 })).body).toEqual(saved.body);
    expect((await put({})).body).toEqual(saved.body);
    const { items } = await list();
    expect(items).toMatchObject([{ value: 1.5 }]);
    expect(isFact.Errors(items[0])).toEqual([]);
    const other = await put({ name: 'other', value: '' });
    expect(other.body.id).not.toBe(saved.body.id);
    expect((await put({ factId: saved.body.id, name: 'moved', value: false })).body).toEqual(saved.body);
    expect((await list('name=moved')).items).toMatchObject([{ id: saved.body.id, value: false }]);
    const taken = await put({ factId: saved.body.id, name: 'other' });
    expect([taken.status, Object.keys(taken.body.details.fields)]).toEqual([400, ['name']]);
  });

  it('are of a bot and a company that are there', async () => {
    const unknown = await put({ botId: crypto.randomUUID() });
    expect([unknown.status, Object.keys(unknown.body.details.fields)]).toEqual([400, ['botId']]);
    expect((await put({ companyId: 4711 })).status).toBe(404);
    expect((await put({ factId: crypto.randomUUID() })).status).toBe(404);
    expect((await call('GET', '/facts?companyId=4711')).status).toBe(404);
    expect((await app.call('GET', '/facts')).status).toBe(401);
  });

  it('are deleted once, and only by their own company', async () => {
    const { id } = (await put({ value: 1 })).body;
    expect((await call('DELETE', `/facts/${id}`, { companyId: 4711 })).status).toBe(404);
    expect((await call('DELETE', `/facts/${id}`, [])).status).toBe(204);
    expect((await call('DELETE', `/facts/${id}`, { companyId: 1 })).status).toBe(404);
    expect(await list()).toEqual({ count: 0, items: [] });
  });

  it('are listed by every filter and with every parameter of lists, the newest first', async () => {
    for (let index = 0; index < 12; index++) await put({ context: `c${index % 2}`, name: `n${index}`, value: index });
    const page = await list();
    expect([page.count, page.items.map(({ value }) => value)]).toEqual([12, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]]);
    expect((await list('context=c1&limit=100')).items).toHaveLength(6);
    expect((await list(`name=n3&botId=${botId}&companyId=1`)).items).toMatchObject([{ value: 3 }]);
    expect((await list(`botId=${crypto.randomUUID()}`)).count).toBe(0);
    const at = encodeURIComponent(page.items[5]?.createdAt ?? '');
    // Instants go out in whole seconds: one that comes back means all of its second, at either end of a span.
    const then = (await list(`from=${at}&to=${at}&limit=100`)).items.map(({ value }) => value);
    expect(then).toContain(6);
    expect(await list('to=2026-01-28T12:00:00Z')).toEqual({ count: 0, items: [] });
    expect(await list('from=2126-01-28T12:00:00Z')).toEqual({ count: 0, items: [] });
    const names = await list('sort=name&offsetField=name&offsetValue=n8&fields=name');
    expect(names.items).toEqual([{ name: 'n9' }]);
    expect((await list('group=context')).items).toHaveLength(2);
  });
});

describe('facts of a scenario', () => {
  it('are stored with the turn that saves them and known to the next, and are those of the API', async () => {
    const chatId = await app.chat({
      start: { type: 'start', next: 'count' },
      count: {
        type: 'set',
        values: { n: "number(fact.load('visits', 'count')) + 1", saved: "fact.save('visits', 'count', n)" },
        next: 'ask',
      },
      ask: { type: 'question', text: 'Number {n}', default: 'count' },
    });
    const { id, messages } = await app.start(chatId);
    expect(messages[0]?.body).toBe('Number 1');
    const chat = (await call<{ botId: string }>('GET', `/chats/${chatId}`)).body;
    clientId = (await call<{ clientId: string }>('GET', `/sessions/${id}`)).body.clientId;
    expect((await list()).items).toMatchObject([{ botId: chat.botId, context: 'visits', name: 'count', value: 1 }]);
    await put({ botId: chat.botId, context: 'visits', name: 'count', value: '41' });
    await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'again' });
    expect((await list()).items).toMatchObject([{ value: 42 }]);
  });
});
