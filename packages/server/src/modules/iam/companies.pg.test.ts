import { Company, type ListPage, type Settings, type TokenPair } from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, echoBlocks, startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let tenant: Operator & { companyId: number };
let other: Operator & { companyId: number };
beforeAll(async () => {
  app = await startTestApp();
  tenant = await app.tenant();
  other = await app.tenant();
});
afterAll(() => app[Symbol.asyncDispose]());

const get = <T>(path: string, header = app.admin) => app.call<T>('GET', path, undefined, header);
const code = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('x-error-code')];
const HIDDEN = [404, 'entity-not-found'];

describe('companies', () => {
  it('are created with an administrator who can log in, by administrators of a company without a reseller', async () => {
    const admin = { email: 'boss@branch', password: ADMIN.password, firstName: 'Vera' };
    const { status, body } = await app.call<{ id: number; adminId: number }>(
      'POST',
      '/companies',
      { name: 'Branch', admin },
      app.admin,
    );
    expect(status).toBe(201);
    const login = (companyId: number | null) =>
      app.call<TokenPair>('POST', '/auth/login', { ...admin, companyId, firstName: undefined });
    expect((await login(1)).status).toBe(401);
    const pair = await login(body.id);
    const header = { authorization: `Bearer ${pair.body.token}` };
    expect((await get('/users/me', header)).body).toMatchObject({
      id: body.adminId,
      companyId: body.id,
      firstName: 'Vera',
      roles: ['ADMIN', 'SUPERVISOR', 'OPERATOR'].map((name) => ({ name, company_id: body.id })),
    });
    const { header: operator } = await app.operator('Plain');
    for (const who of [header, operator]) {
      const refused = await app.call('POST', '/companies', { name: 'X', admin: { ...admin, email: 'x@x' } }, who);
      expect(code(refused)).toEqual([403, 'permission-denied']);
    }
  });

  it('are not left half made where the address is taken', async () => {
    const before = (await get<ListPage<Company>>('/companies')).body.count;
    const body = { name: 'Twin', admin: ADMIN };
    expect(code(await app.call('POST', '/companies', body, app.admin))).toEqual([422, 'email-taken']);
    expect((await get<ListPage<Company>>('/companies')).body.count).toBe(before);
    for (const wrong of [{ name: '' }, { name: 'X', admin: { email: 'x', password: 'y' } }, { admin: ADMIN }]) {
      expect((await app.call('POST', '/companies', wrong, app.admin)).status).toBe(400);
    }
  });

  it('are seen by their own users, and by administrators of their reseller', async () => {
    const { body } = await get<ListPage<Company>>('/companies?sort=-id&limit=1000');
    for (const company of body.items) expect(Compile(Company).Errors(company)).toEqual([]);
    expect(body.items.find(({ id }) => id === tenant.companyId)).toMatchObject({
      resellerId: 1,
      resellerName: 'Molva',
    });
    expect(body.items.at(-1)).toMatchObject({ id: 1, resellerId: null, resellerName: null });
    expect((await get<ListPage<Company>>('/companies?name=ENANT 2')).body).toMatchObject({
      count: 1,
      items: [{ id: other.companyId }],
    });
    const { header } = await app.operator('Plain');
    for (const [who, own] of [
      [tenant.header, tenant.companyId],
      [header, 1],
    ] as const) {
      expect((await get<ListPage<Company>>('/companies', who)).body.items.map(({ id }) => id)).toEqual([own]);
      expect((await get<Company>(`/companies/${own}`, who)).body).toMatchObject({ id: own });
      expect(code(await get(`/companies/${other.companyId}`, who))).toEqual(HIDDEN);
    }
    expect((await get<Company>(`/companies/${other.companyId}`)).body).toMatchObject({ name: 'Tenant 2' });
    expect(code(await get('/companies/2147483647'))).toEqual(HIDDEN);
  });

  it('are renamed by their administrators and those of their reseller', async () => {
    const rename = (id: number, header: Record<string, string>, name = 'Renamed') =>
      app.call('PATCH', `/companies/${id}`, { name }, header);
    expect((await rename(tenant.companyId, tenant.header)).status).toBe(204);
    expect((await rename(other.companyId, app.admin, 'Renamed by the reseller')).status).toBe(204);
    expect((await get<Company>(`/companies/${other.companyId}`, other.header)).body.name).toBe(
      'Renamed by the reseller',
    );
    expect(code(await rename(other.companyId, tenant.header))).toEqual(HIDDEN);
    expect(code(await rename(1, tenant.header))).toEqual(HIDDEN);
    expect((await rename(1, (await app.operator('Plain')).header)).status).toBe(403);
    expect((await rename(1, app.admin, '')).status).toBe(400);
  });
});

describe('settings of a company', () => {
  const path = () => `/companies/${tenant.companyId}/settings`;
  const set = (settings: object, header: Record<string, string>) => app.call('PATCH', path(), { settings }, header);

  it('are set and read by its administrators and those of its reseller', async () => {
    expect((await get<Settings>(path(), tenant.header)).body).toEqual({ settings: {} });
    const hook = { 'cis.webhooks.incomingCall': 'https://crm.example/calls' };
    expect((await set(hook, app.admin)).status).toBe(204);
    expect((await set({ 'a.b': 1, 'c.d': true }, tenant.header)).status).toBe(204);
    expect((await set({ 'c.d': null }, tenant.header)).status).toBe(204);
    expect((await get<Settings>(path(), tenant.header)).body.settings).toEqual({ ...hook, 'a.b': 1 });
    expect((await get<Settings>(`${path()}?keys=a.b,x`, app.admin)).body.settings).toEqual({ 'a.b': 1 });
    expect(code(await set(hook, other.header))).toEqual(HIDDEN);
    expect(code(await get(path(), other.header))).toEqual(HIDDEN);
    expect((await get('/companies/1/settings', (await app.operator('Plain')).header)).status).toBe(403);
    expect((await set({ '1': 2 }, app.admin)).status).toBe(400);
  });

  it('hold the secret of its dialogs, which is never answered', async () => {
    expect((await set({ 'dialogs.callbackSecret': 'short' }, tenant.header)).status).toBe(400);
    expect((await set({ 'dialogs.callbackSecret': 'a secret of its own' }, tenant.header)).status).toBe(204);
    expect((await get<Settings>(path(), tenant.header)).body.settings).not.toHaveProperty('dialogs.callbackSecret');
  });
});

it('what a dependent company owns is hidden even from its reseller', async () => {
  const scenario = { version: 1, language: 'en', start: 'start', blocks: echoBlocks };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Own', scenario }, tenant.header);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Own', botId: bot.body.id }, tenant.header);
  expect([bot.status, chat.status]).toEqual([201, 201]);
  for (const header of [app.admin, other.header]) {
    for (const path of [`/bots/${bot.body.id}`, `/chats/${chat.body.id}`]) {
      expect(code(await get(path, header))).toEqual(HIDDEN);
      expect(code(await app.call('DELETE', path, [], header))).toEqual(HIDDEN);
    }
    const user = { firstName: 'x' };
    expect(code(await app.call('PATCH', `/users/${tenant.id}`, user, header))).toEqual(HIDDEN);
  }
});
