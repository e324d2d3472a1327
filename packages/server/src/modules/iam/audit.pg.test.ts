import { AuditEntry, isAudited, operations, type ListPage } from '@molva/contract';
import { sql } from 'kysely';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { runSql } from '../../testing/rows.ts';
import { ADMIN, echoBlocks, startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let tenant: Operator & { companyId: number };
beforeAll(async () => {
  app = await startTestApp();
  tenant = await app.tenant();
});
afterAll(() => app[Symbol.asyncDispose]());

const list = async (query = 'limit=1000', header = app.admin) =>
  (await app.call<ListPage<AuditEntry>>('GET', `/audit?${query}`, undefined, header)).body;

it('every administrative change is written down, with how it ended', async () => {
  const missing = crypto.randomUUID();
  const scenario = { version: 1, language: 'en', start: 'start', blocks: echoBlocks };
  const company = { name: 'New', admin: { email: 'new@test', password: ADMIN.password } };
  /** Bodies that are read; what is not named here takes an empty one or its example. */
  const bodies: Record<string, unknown> = {
    createBot: { name: 'Bot', scenario },
    createChat: { name: 'Chat', botId: missing },
    createCompany: company,
    copyBot: { companyId: 1, name: 'Copy', agents: [] },
  };
  const audited = Object.values(operations).filter(isAudited);
  expect(audited.length).toBeGreaterThan(20);
  for (const operation of audited) {
    const target = (path: string) =>
      path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (/^(user|company|operator)Id$/.test(name) ? '77' : missing));
    const body = bodies[operation.id] ?? ('example' in operation ? operation.example : undefined) ?? [];
    const answer = await app.call(operation.method, target(operation.path), body, app.admin);
    const [entry] = (await list('', app.admin)).items;
    expect(entry, operation.id).toMatchObject({
      operation: operation.id,
      status: answer.status,
      userId: 1,
      userName: 'Administrator',
      apiKeyId: null,
      address: '127.0.0.1',
      target: Object.fromEntries(
        [...operation.path.matchAll(/\{(\w+)\}/g)].map(([part, name = '']) => [name, target(part)]),
      ),
    });
    expect(Compile(AuditEntry).Errors(entry)).toEqual([]);
  }
});

it('what an earlier version kept of secrets and addresses is not shown', async () => {
  await using database = openDatabase(app.connection, 1, () => undefined);
  const body = { name: 'Shop', fcmServerKey: 'a key', eventCallbackUrl: 'https://me:word@crm.test/hook?token=opens' };
  await app.call('PATCH', `/chats/${crypto.randomUUID()}`, { name: 'Shop' }, app.admin);
  const [entry] = (await list('', app.admin)).items;
  await runSql(database, 'update audit_log set body = $2 where id = $1', [entry?.id, JSON.stringify(body)]);
  const shown = { name: 'Shop', fcmServerKey: '***', eventCallbackUrl: 'https://crm.test/***' };
  expect((await list('', app.admin)).items[0]?.body).toEqual(shown);
});

it('reading leaves no trace, nor does what is refused before it begins', async () => {
  const { header } = await app.operator('Plain');
  const { count } = await list();
  await app.call('GET', '/users', undefined, app.admin);
  await app.call('POST', '/users', { email: 'x' }, app.admin);
  await app.call('POST', '/users', { email: 'x@test', password: ADMIN.password, roles: ['API'] }, header);
  await app.call('PATCH', '/users/me/settings', { settings: {} }, header);
  expect((await list()).count).toBe(count);
});

it('no secret is kept, whichever body it came in', async () => {
  const secret = 'a secret that nobody reads again';
  const bot = await app.bot(echoBlocks);
  const email = 'secret@test';
  const { body: user } = await app.call('POST', '/users', { email, password: secret, roles: ['API'] }, app.admin);
  await app.call('PATCH', `/users/${String(user['id'])}`, { password: `${secret} 2`, firstName: 'Shown' }, app.admin);
  await app.call('POST', '/companies', { name: 'S', admin: { email: 's@s', password: secret } }, app.admin);
  const keys = { identitySecret: `${secret} ${secret}`, callbackSecret: secret, fcmServerKey: secret };
  const messengers = { ALICE: { authToken: secret } };
  await app.call('POST', '/chats', { name: 'Chat', botId: bot, ...keys, messengers }, app.admin);
  await app.call('PATCH', '/companies/1/settings', { settings: { 'dialogs.callbackSecret': secret } }, app.admin);
  const { body: key } = await app.call('POST', '/apikeys', { name: 'Key', roles: ['ADMIN'] }, app.admin);
  const withKey = { authorization: `Bearer ${String(key['key'])}` };
  await app.call('PATCH', `/users/${String(user['id'])}`, { blocked: true }, withKey);
  const { items } = await list();
  expect(items[0]).toMatchObject({ apiKeyId: key['id'], operation: 'updateUser', body: { blocked: true } });
  expect(items.find(({ operation }) => operation === 'createChat')).toMatchObject({
    status: 201,
    body: {
      name: 'Chat',
      botId: bot,
      identitySecret: '***',
      fcmServerKey: '***',
      messengers: { ALICE: { authToken: '***' } },
    },
  });
  await using database = openDatabase(app.connection, 1, () => undefined);
  const rows = await database.builder
    .selectFrom('audit_log')
    .select(sql`to_json(audit_log)`.as('row'))
    .execute();
  expect(JSON.stringify(rows)).not.toMatch(/nobody reads again|correct horse|molva_/);
});

it('is listed newest first, narrowed, and to its own company alone', async () => {
  const all = await list();
  const instants = all.items.map(({ createdAt }) => Date.parse(createdAt));
  expect(instants).toEqual(instants.toSorted((a, b) => b - a));
  expect(
    (await list('operation=createUser&limit=1000')).items.every(({ operation }) => operation === 'createUser'),
  ).toBe(true);
  expect((await list('userId=77')).count).toBe(0);
  const [newest, ...older] = all.items;
  expect((await list(`from=${encodeURIComponent(newest?.createdAt ?? '')}`)).items.map(({ id }) => id)).toContain(
    newest?.id,
  );
  expect((await list('to=2020-01-01T00:00:00Z')).count).toBe(0);
  expect((await list('limit=1&offset=1')).items[0]?.id).toBe(older[0]?.id);
  expect((await list('group=operation&fields=operation')).items).toContainEqual({ operation: 'createUser' });
  const changes = (await list('', tenant.header)).items.filter(({ operation }) => operation !== 'login');
  expect(changes).toEqual([]);
  await app.call('PATCH', `/companies/${tenant.companyId}`, { name: 'Own' }, tenant.header);
  expect((await list('', tenant.header)).items).toMatchObject([
    {
      operation: 'updateCompany',
      userId: tenant.id,
      userName: 'tenant-1@test',
      target: { companyId: String(tenant.companyId) },
    },
    { operation: 'login', userId: tenant.id, status: 200 },
  ]);
  const { header } = await app.operator('Curious');
  expect((await app.call('GET', '/audit', undefined, header)).status).toBe(403);
});
