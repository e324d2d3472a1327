import {
  CurrentUser,
  SettingValues,
  User,
  UserListItem,
  type ErrorBody,
  type ListPage,
  type Session,
  type Settings,
} from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, echoBlocks, startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let tenant: Operator & { companyId: number };
beforeAll(async () => {
  app = await startTestApp();
  tenant = await app.tenant();
});
afterAll(() => app[Symbol.asyncDispose]());

const get = <T>(path: string, header = app.admin) => app.call<T>('GET', path, undefined, header);
const create = (body: object, header = app.admin) => app.call<{ id: number }>('POST', '/users', body, header);
const change = (id: number, body: object, header = app.admin) => app.call('PATCH', `/users/${id}`, body, header);
const list = async (query = '', header = app.admin) =>
  (await get<ListPage<UserListItem>>(`/users?limit=1000&${query}`, header)).body;
const code = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('x-error-code')];
const fieldsOf = (answer: { body: unknown }) =>
  Object.keys((answer.body as ErrorBody).details?.['fields'] as Record<string, string[]>);

describe('users', () => {
  it('are created, read, changed and listed with every field typed to the letter', async () => {
    const person = { firstName: 'Olga', lastName: 'Petrova', middleName: 'I.', phone: '+7 900 000' };
    const { status, body } = await create({
      email: 'Olga@test',
      password: ADMIN.password,
      roles: ['OPERATOR', 'API'],
      ...person,
    });
    expect(status).toBe(201);
    const { body: user } = await get<User>(`/users/${body.id}`);
    expect(Compile(User).Errors(user)).toEqual([]);
    expect(user).toMatchObject({ ...person, email: 'Olga@test', companyId: 1, blockedAt: null });
    expect(user.roles).toEqual([
      { name: 'OPERATOR', company_id: 1 },
      { name: 'API', company_id: 1 },
    ]);
    expect((await change(body.id, { phone: null, lastName: 'Ivanova', email: 'olga.ivanova@test' })).status).toBe(204);
    expect((await get<User>(`/users/${body.id}?fields=phone,lastName,firstName`)).body).toEqual({
      phone: null,
      lastName: 'Ivanova',
      firstName: 'Olga',
    });
    expect((await change(body.id, [])).status).toBe(204);
    const login = await app.call('POST', '/auth/login', { email: 'OLGA.IVANOVA@test', password: ADMIN.password });
    expect(login.status).toBe(200);
    const item = (await list(`userId=${body.id}`)).items[0];
    expect(Compile(UserListItem).Errors(item)).toEqual([]);
    expect(item).toMatchObject({ companyName: 'Molva', online: false, operatorStatus: 'OFFLINE', resellerId: null });
  });

  it('behind a token are user and operator in one', async () => {
    const { header, id } = await app.operator('Igor');
    const { body } = await get<CurrentUser>('/users/me', header);
    expect(Compile(CurrentUser).Errors(body)).toEqual([]);
    expect(body).toMatchObject({
      id,
      operatorId: String(id),
      operatorName: 'Igor',
      operatorStatus: 'OFFLINE',
      online: false,
      groupIds: [],
    });
    const { body: group } = await app.call<{ id: string }>('POST', '/groups', { name: 'Line' }, app.admin);
    await app.call('PUT', `/groups/${group.id}/operators/${id}`, [], app.admin);
    await app.call('PATCH', '/users/me/activate', [], header);
    expect((await get<CurrentUser>('/users/me', header)).body).toMatchObject({
      online: true,
      operatorStatus: 'ONLINE',
      groupIds: [group.id],
    });
    expect((await get<CurrentUser>('/users/me', tenant.header)).body.operatorName).toBe('tenant-1@test');
    // Who is blocked is not online either.
    await change(id, { blocked: true });
    expect((await list(`userId=${id}`)).items[0]).toMatchObject({ online: false, blockedAt: expect.any(String) });
  });

  it.each([
    [{ email: 'no address' }, ['email']],
    [{ password: 'seven77' }, ['password']],
    [{ roles: [] }, ['roles']],
    [{ roles: ['KING'] }, ['roles.0']],
    [{ roles: ['API', 'API'] }, ['roles']],
    [{ firstName: 'x'.repeat(129) }, ['firstName']],
  ])('refuse %o and say which field', async (wrong, fields) => {
    const right = { email: 'wrong@test', password: ADMIN.password, roles: ['OPERATOR'] };
    const answers = [await create({ ...right, ...wrong }), await change(1, wrong)];
    for (const answer of answers) expect([answer.status, fieldsOf(answer)]).toEqual([400, fields]);
    expect((await create({})).status).toBe(400);
  });

  it('have an address nobody else has, in any company and whatever its case', async () => {
    const { id } = await app.operator('Taken');
    const { body } = await get<User>(`/users/${id}`);
    const taken = { email: body.email.toUpperCase(), password: ADMIN.password, roles: ['API'] };
    for (const header of [app.admin, tenant.header]) {
      expect(code(await create(taken, header))).toEqual([422, 'email-taken']);
    }
    expect(code(await change(1, { email: taken.email, firstName: 'Lost' }))).toEqual([422, 'email-taken']);
    expect((await get<User>('/users/1')).body.firstName).toBe('Administrator');
    const racing = { email: 'race@test', password: ADMIN.password, roles: ['API'] };
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(racing)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422, 422, 422, 422, 422]);
  });

  it('are administrated by administrators alone, and of another company not at all', async () => {
    const { header, id } = await app.operator('Plain');
    expect(code(await create({ email: 'x@test', password: ADMIN.password, roles: ['ADMIN'] }, header))).toEqual([
      403,
      'permission-denied',
    ]);
    expect(code(await change(id, { roles: ['ADMIN'] }, header))).toEqual([403, 'permission-denied']);
    expect(code(await change(tenant.id, { firstName: 'x' }))).toEqual([404, 'entity-not-found']);
    for (const path of [`/users/${id}`, `/users/${id}/settings`, '/users/2147483647']) {
      expect(code(await get(path, tenant.header)), path).toEqual([404, 'entity-not-found']);
    }
    expect(code(await change(id, { firstName: 'x' }, tenant.header))).toEqual([404, 'entity-not-found']);
    const settings = { settings: { 'console.sound': false } };
    expect((await app.call('PATCH', `/users/${id}/settings`, settings, tenant.header)).status).toBe(404);
    expect((await get('/users/0')).status).toBe(400);
    expect((await get('/users/abc')).status).toBe(400);
  });
});

describe('an operator', () => {
  it.each([{ blocked: true }, { roles: ['API'] }])('who becomes %o gives its sessions to others', async (body) => {
    const [gone, left] = [await app.operator('Gone'), await app.operator('Left')];
    const session = await app.start(await app.chat(echoBlocks));
    const path = `/sessions/${session.id}`;
    expect((await app.call('PATCH', `${path}/operators/${gone.id}`, [], app.admin)).status).toBeLessThan(300);
    const operatorId = async () => (await get<Session>(path)).body.operatorId;
    expect(await operatorId()).toBe(String(gone.id));
    await change(left.id, body);
    expect(await operatorId()).toBe(String(gone.id));
    await change(gone.id, body);
    await expect.poll(operatorId).not.toBe(String(gone.id));
  });
});

describe('the list of users', () => {
  it('is filtered in every spelling, sorted, grouped and paged', async () => {
    const [one, two] = [await app.operator('Anna', ['SUPERVISOR']), await app.operator('Boris', ['API', 'SUPERVISOR'])];
    const ids = async (query: string) => (await list(query)).items.map(({ id }) => id);
    expect(await ids(`userId=${one.id},${two.id}`)).toEqual([one.id, two.id]);
    expect(await ids('roles=SUPERVISOR')).toEqual([1, one.id, two.id, tenant.id].sort((a, b) => a - b));
    expect(await ids(`roles[0]=API&roles[1]=KING&userId[]=${two.id}`)).toEqual([two.id]);
    expect(await ids(`userId=${one.id},${two.id}&sort=-firstName`)).toEqual([two.id, one.id]);
    expect(await ids(`userId=${one.id},${two.id}&offsetField=id&offsetValue=${one.id}`)).toEqual([two.id]);
    await app.call('PATCH', '/users/me/activate', [], one.header);
    expect(await ids('online=1')).toEqual([one.id]);
    expect(await ids(`online=false&userId=${one.id},${two.id}`)).toEqual([two.id]);
    expect((await list('group=companyName&roles=SUPERVISOR')).items).toEqual([
      { companyName: 'Molva', count: 3 },
      { companyName: 'Tenant 1', count: 1 },
    ]);
    for (const bad of ['sort=password', 'userId=x', 'companyId=0', 'online=maybe', 'fields=password_hash']) {
      expect((await get(`/users?${bad}`)).status, bad).toBe(400);
    }
  });

  it('shows administrators of a reseller the users of its companies, and everybody else their own', async () => {
    const { header } = await app.operator('Looker', ['SUPERVISOR']);
    const all = await list();
    expect(all.items.find(({ id }) => id === tenant.id)).toMatchObject({
      companyId: tenant.companyId,
      resellerId: 1,
      resellerName: 'Molva',
    });
    expect((await list(`companyId=${tenant.companyId}`)).items.map(({ id }) => id)).toEqual([tenant.id]);
    expect((await get<User>(`/users/${tenant.id}`)).body).toMatchObject({ companyId: tenant.companyId });
    expect((await list('', header)).items.every(({ companyId }) => companyId === 1)).toBe(true);
    expect((await list(`companyId=${tenant.companyId}`, header)).count).toBe(0);
    expect((await get(`/users/${tenant.id}`, header)).status).toBe(404);
    expect((await list('', tenant.header)).items.map(({ id }) => id)).toEqual([tenant.id]);
    expect((await list('companyId=1', tenant.header)).count).toBe(0);
  });
});

describe('a company', () => {
  it('never loses its last administrator, whichever way and however many try', async () => {
    const refused = [422, 'last-administrator'];
    for (const body of [{ roles: ['OPERATOR'] }, { blocked: true }, { blocked: true, password: 'another password' }]) {
      expect(code(await change(tenant.id, body, tenant.header))).toEqual(refused);
    }
    expect((await get('/users/me', tenant.header)).status).toBe(200);
    const second = await create({ email: '2@t', password: ADMIN.password, roles: ['ADMIN'] }, tenant.header);
    const both = await Promise.all([
      change(tenant.id, { roles: ['OPERATOR'] }, tenant.header),
      change(second.body.id, { blocked: true }, tenant.header),
    ]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 422]);
  });
});

describe('settings', () => {
  const settings = async (path: string, header: Record<string, string>) =>
    (await get<Settings>(path, header)).body.settings;

  it('are the defaults until somebody sets them, are narrowed by name, and are removed by null', async () => {
    const { header, id } = await app.operator('Settled');
    const { body: definitions } = await get<SettingValues>('/users/settings', header);
    expect(Compile(SettingValues).Errors(definitions)).toEqual([]);
    expect(definitions).toMatchObject({ 'console.sound': true, 'console.language': 'ru' });
    expect(await settings('/users/me/settings', header)).toEqual(definitions);
    const set = (change: object) => app.call('PATCH', '/users/me/settings', { settings: change }, header);
    expect((await set({ 'console.sound': false, 'crm.width': 1.5, 'crm.city': 'Омск' })).status).toBe(204);
    expect(await settings('/users/me/settings?keys=console.sound,crm.city,none', header)).toEqual({
      'console.sound': false,
      'crm.city': 'Омск',
    });
    expect(await settings(`/users/${id}/settings?keys[0]=crm.width`, app.admin)).toEqual({ 'crm.width': 1.5 });
    expect((await get<User>('/users/me', header)).body.settings).toMatchObject({ 'console.sound': false });
    expect((await set({ 'console.sound': null, 'crm.width': null })).status).toBe(204);
    expect(await settings('/users/me/settings', header)).toEqual({ ...definitions, 'crm.city': 'Омск' });
    expect((await set([])).status).toBe(204);
  });

  it.each([
    [{ '0': 'numeric name' }],
    [{ 'a..b': 1 }],
    [{ list: [] }],
    [{ 'console.sound': 'loud' }],
    [{ long: 'x'.repeat(8193) }],
  ])('refuse %o', async (change) => {
    const { header } = await app.operator('Refused');
    expect((await app.call('PATCH', '/users/me/settings', { settings: change }, header)).status).toBe(400);
    expect((await get<Settings>('/users/me/settings', header)).body.settings).toMatchObject({ 'console.sound': true });
  });

  it('of others are set by administrators, and changes at the same time are all kept', async () => {
    const { header, id } = await app.operator('Many');
    const path = `/users/${id}/settings`;
    expect((await app.call('PATCH', path, { settings: { a: 1 } }, header)).status).toBe(403);
    const changes = Array.from({ length: 8 }, (_, n) =>
      app.call('PATCH', path, { settings: { [`key${n}`]: n } }, app.admin),
    );
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(Array(8).fill(204));
    expect(Object.keys(await settings(path, header)).filter((name) => name.startsWith('key'))).toHaveLength(8);
    for (let part = 0; part < 3; part++) {
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`p${part}.k${n}`, n]));
      const expected = part < 2 ? 204 : 400;
      expect((await app.call('PATCH', path, { settings: many }, app.admin)).status).toBe(expected);
    }
  });
});
