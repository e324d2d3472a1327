import { Bot as BotSchema, BotListItem, type Bot, type ListPage } from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const scenario = { version: 1, language: 'de', start: 'start', blocks: echoBlocks };
const webhook = { url: 'https://bot.example/molva', secret: 'sixteen characters' };
const isBot = Compile(BotSchema);
const isItem = Compile(BotListItem);

const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  app.call<T>(method, path, body, app.admin);

async function create(body: Record<string, unknown>): Promise<string> {
  const { status, body: answer } = await call<{ id: string }>('POST', '/bots', body);
  if (status !== 201) throw new Error(JSON.stringify(answer));
  return answer.id;
}
const read = async (id: string) => (await call<Bot>('GET', `/bots/${id}`)).body;
const list = async (query = '') => (await call<ListPage<Bot>>('GET', `/bots?${query}`)).body;

describe('bots', () => {
  it('have a scenario or a webhook, and are read whole but for the secret', async () => {
    const settings = { maxRepeatCount: 2, clientTimeout: 60, defaultNodeId: 'end', maxCycleCount: 50 };
    const withScenario = await read(await create({ name: 'Scenario', scenario: { ...scenario, settings } }));
    expect(isBot.Errors(withScenario)).toEqual([]);
    expect(withScenario).toMatchObject({ ...settings, name: 'Scenario', language: 'de', solver: 'scenario' });
    expect(withScenario).toMatchObject({ scenario: { settings }, webhook: null });
    const id = await create({ name: 'Webhook', webhook });
    const withWebhook = await read(id);
    expect(isBot.Errors(withWebhook)).toEqual([]);
    expect(withWebhook).toMatchObject({ solver: 'webhook', language: 'en', scenario: null });
    expect(withWebhook.webhook).toEqual({ url: webhook.url, answerTimeout: 30 });
    expect(JSON.stringify([withWebhook, await list()])).not.toContain(webhook.secret);
    const fields = await call('GET', `/bots/${id}?fields=id,webhook,solver`);
    expect(Object.keys(fields.body).sort()).toEqual(['id', 'solver', 'webhook']);
  });

  it.each([
    [{}, ['scenario', 'webhook']],
    [{ scenario, webhook }, ['scenario', 'webhook']],
    [{ webhook: { ...webhook, secret: 'fifteen letters' } }, ['webhook.secret']],
    [{ webhook: { ...webhook, url: 'ftp://bot.example' } }, ['webhook.url']],
    [{ scenario: { ...scenario, language: 'deutsch' } }, ['scenario.language']],
    [{ scenario: { ...scenario, settings: { maxRepeatCount: 1 } } }, ['scenario.settings.maxRepeatCount']],
  ])('are refused whole: %o', async (body, fields) => {
    const { status, body: answer } = await call<{ details: { fields: object } }>('POST', '/bots', {
      name: 'x',
      ...body,
    });
    expect([status, ...Object.keys(answer.details.fields)]).toEqual([400, ...fields]);
  });

  it('are told of groups that are not there, and of names that look like slips', async () => {
    const asking = (group: string) => ({
      ...scenario,
      blocks: {
        start: { type: 'start', next: 'ask' },
        ask: { type: 'question', text: 'Hello {cleint}', variable: 'client', default: 'call' },
        call: { type: 'operator', group },
      },
    });
    const nowhere = asking('6b1f0f0e-0000-4000-8000-000000000000');
    const refused = await call<{ details: { fields: object } }>('POST', '/bots', { name: 'x', scenario: nowhere });
    expect([refused.status, refused.body.details.fields]).toEqual([
      400,
      { 'scenario.blocks.call.group': ['there is no group "6b1f0f0e-0000-4000-8000-000000000000"'] },
    ]);
    const { body: group } = await call<{ id: string }>('POST', '/groups', { name: 'Sales' });
    const id = await create({ name: 'Asking', scenario: asking(group.id) });
    expect((await call('PUT', `/bots/${id}`, { scenario: nowhere })).status).toBe(400);
    const slip = { block: 'ask', field: '', reason: '{cleint} gets no value here: is it {client}?' };
    expect((await read(id)).warnings).toEqual([slip]);
    await call('DELETE', `/groups/${group.id}`);
    expect((await read(id)).warnings).toEqual([slip, { block: 'call', field: 'group', reason: expect.any(String) }]);
  });

  it('keep the order of their blocks and values, in which these are computed', async () => {
    const values = { zebra: '1', b: 'zebra + 1', aa: 'b + 1' };
    const blocks = {
      start: { type: 'start', next: 'zz' },
      zz: { type: 'set', values, next: 'a' },
      a: { type: 'question', text: '{zebra} {b} {aa}' },
    };
    const bot = await read(await create({ name: 'Ordered', scenario: { ...scenario, blocks } }));
    expect(JSON.stringify(bot.scenario?.['blocks'])).toBe(JSON.stringify(blocks));
    const started = await app.start(await app.chat(blocks));
    expect(started.messages[0]?.body).toBe('1 2 3');
  });

  it('change in part, and from one kind to the other', async () => {
    const id = await create({ name: 'Before', webhook: { ...webhook, answerTimeout: 7 } });
    expect((await call('PUT', `/bots/${id}`, { name: 'After' })).status).toBe(204);
    expect(await read(id)).toMatchObject({ name: 'After', webhook: { answerTimeout: 7 }, language: 'en' });
    expect((await call('PUT', `/bots/${id}`, { scenario })).status).toBe(204);
    expect(await read(id)).toMatchObject({
      name: 'After',
      webhook: null,
      scenario,
      solver: 'scenario',
      language: 'de',
    });
    expect((await call('PUT', `/bots/${id}`, { webhook, language: 'fr' })).status).toBe(204);
    expect(await read(id)).toMatchObject({ webhook: { answerTimeout: 30 }, scenario: null, language: 'fr' });
    expect((await call('PUT', `/bots/${id}`, { webhook, scenario })).status).toBe(400);
    expect((await call('PUT', `/bots/${crypto.randomUUID()}`, { name: 'x' })).status).toBe(404);
  });

  it('are listed with every parameter of lists', async () => {
    const names = ['One', 'Two', 'Three'];
    for (const name of names) await create({ name: `List ${name}`, scenario });
    const all = await list();
    expect(all.items.every((item) => isItem.Check(item))).toBe(true);
    expect(Object.keys(all.items[0] ?? {}).sort()).toEqual(Object.keys(BotListItem.properties).sort());
    expect(all.count).toBe(all.items.length);
    const sorted = await list('sort=-name&fields=name&limit=2&page=1');
    expect(sorted.items).toEqual(
      [...all.items]
        .map(({ name }) => ({ name }))
        .sort((a, b) => (a.name < b.name ? 1 : -1))
        .slice(2, 4),
    );
    expect((await list('withoutCount=1&withoutItems=1')).items).toEqual([]);
    const groups = await list('group=solver');
    expect(groups.items.map((item) => item.solver).sort()).toEqual(['scenario', 'webhook']);
    expect((await list('accessType=COMPANY&hasViewDetails=0&deleted=0')).count).toBe(all.count);
    expect((await list('accessType=PUBLIC')).items).toEqual([]);
    expect(await list('hasViewDetails=1')).toEqual({ count: 0, items: [] });
  });

  it('that are deleted are listed apart, start nothing, and can be recovered; whom they talked to goes to people', async () => {
    const chatId = await app.chat(echoBlocks);
    const under = await app.start(chatId);
    const { botId } = (await call<{ botId: string }>('GET', `/chats/${chatId}`)).body;
    expect((await call('DELETE', `/bots/${botId}`, [])).status).toBe(204);
    expect((await call('DELETE', `/bots/${botId}`, [])).status).toBe(404);
    const ids = async (query: string) => (await list(query)).items.map(({ id }) => id);
    expect([await ids('deleted=0'), await ids('')].flat()).not.toContain(botId);
    expect(await ids('deleted=1')).toEqual([botId]);
    expect((await read(botId)).deletedAt).toMatch(/^\d{4}-/);
    await app.call('POST', `/sessions/${under.id}/clients/messages`, { body: 'anybody?' });
    const waiting = async () => (await call('GET', `/sessions/${under.id}`)).body;
    await expect.poll(waiting).toMatchObject({ operatorType: 'OPERATOR', operatorId: '', botStatus: 'ERROR' });
    expect((await call('PUT', `/bots/${botId}`, { name: 'x' })).status).toBe(404);
    expect((await call('POST', `/bots/${botId}/copy`, { name: 'x' })).status).toBe(404);
    const refused = await app.call<{ details: { fields: object } }>('POST', `/chats/${chatId}/sessions`, {});
    expect([refused.status, Object.keys(refused.body.details.fields)]).toEqual([400, ['botId']]);
    expect((await call('PUT', `/bots/${botId}/recover`, [])).status).toBe(204);
    expect((await call('PUT', `/bots/${botId}/recover`, [])).status).toBe(204);
    expect((await read(botId)).deletedAt).toBeNull();
    expect((await app.start(chatId)).messages[0]?.body).toBe('Say something');
    expect((await call('PUT', `/bots/${crypto.randomUUID()}/recover`, [])).status).toBe(404);
  });

  it('are copied with all they have, to a dependent company too, but to no other', async () => {
    const admin = { email: 'branch@test', password: 'correct horse battery' };
    const branch = await call<{ id: number }>('POST', '/companies', { name: 'Branch', admin });
    const login = await app.call<{ token: string }>('POST', '/auth/login', admin);
    const asBranch = { authorization: `Bearer ${login.body.token}` };
    for (const source of [{ scenario }, { webhook }]) {
      const id = await create({ name: 'Original', ...source });
      const copied = await call<{ id: string }>('POST', `/bots/${id}/copy`, { companyId: 1, name: 'Copy', agents: [] });
      expect(copied.status).toBe(201);
      const [original, copy] = [await read(id), await read(copied.body.id)];
      const own = { id: copy.id, name: 'Copy', createdAt: copy.createdAt, updatedAt: copy.updatedAt };
      expect(copy).toEqual({ ...original, ...own });
      const away = { companyId: 4711, name: 'Away', agents: { a: null } };
      expect((await call('POST', `/bots/${id}/copy`, away)).status).toBe(404);
      const sent = await call<{ id: string }>('POST', `/bots/${id}/copy`, {
        companyId: branch.body.id,
        name: 'Branch',
      });
      const there = await app.call<Bot>('GET', `/bots/${sent.body.id}`, undefined, asBranch);
      expect(there.body).toMatchObject({ companyId: branch.body.id, name: 'Branch', webhook: original.webhook });
      expect((await call('GET', `/bots/${sent.body.id}`)).status).toBe(404);
      expect((await app.call('GET', `/bots/${id}`, undefined, asBranch)).status).toBe(404);
      const back = await app.call('POST', `/bots/${sent.body.id}/copy`, { companyId: 1, name: 'Back' }, asBranch);
      expect(back.status).toBe(404);
    }
    expect((await call('POST', `/bots/${crypto.randomUUID()}/copy`, { name: 'x' })).status).toBe(404);
  });
});
