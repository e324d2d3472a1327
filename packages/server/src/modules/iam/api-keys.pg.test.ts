import { ApiKey, type ApiKeyCreated, type AuditEntry, type CurrentUser, type ListPage } from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ clock });
});
afterAll(() => app[Symbol.asyncDispose]());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const create = (body: object, header = app.admin) =>
  app.call<ApiKeyCreated>('POST', '/apikeys', { name: 'Shop', roles: ['API'], ...body }, header);
const list = async (query = '', header = app.admin) =>
  (await app.call<ListPage<ApiKey>>('GET', `/apikeys?limit=1000&${query}`, undefined, header)).body;
const remove = (id: string, header = app.admin) => app.call('DELETE', `/apikeys/${id}`, [], header);
const me = (key: string) => app.call<CurrentUser>('GET', '/users/me', undefined, bearer(key));
const audit = (key: string) => app.call<ListPage<AuditEntry>>('GET', '/audit', undefined, bearer(key));
const code = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('x-error-code')];
const ENDED = [401, 'token-invalid'];

describe('an API key', () => {
  it('is shown once, works wherever a token does, and is listed without what opens anything', async () => {
    const { status, body } = await create({ name: 'Back end' });
    expect([status, body.key]).toEqual([201, expect.stringMatching(/^molva_[\w-]{43}$/)]);
    expect((await me(body.key)).body).toMatchObject({ id: 1, companyId: 1 });
    expect((await app.call('GET', '/users/me', undefined, { authorization: body.key })).status).toBe(200);
    expect((await app.call('GET', '/api/chats/v1/chats', undefined, bearer(body.key))).status).toBe(200);
    const page = await list('sort=name');
    expect(Compile(ApiKey).Errors(page.items[0])).toEqual([]);
    expect(page.items[0]).toMatchObject({ id: body.id, name: 'Back end', userId: 1, roles: ['API'], expiresAt: null });
    expect(body.key.startsWith(page.items[0]?.prefix ?? '')).toBe(true);
    expect(JSON.stringify(page)).not.toContain(body.key);
    for (const wrong of [`${body.key}A`, `${body.key.slice(0, -1)}.`, `molva_${'A'.repeat(43)}`]) {
      expect(code(await me(wrong))).toEqual(ENDED);
    }
  });

  it('asked for a user who is not there yet does not keep the next one out', async () => {
    const { id } = await app.operator('Last');
    expect(code(await create({ userId: id + 1 }))).toEqual([404, 'entity-not-found']);
    const next = await app.operator('Next');
    expect(next.id).toBe(id + 1);
    expect((await app.call('GET', '/users/me', undefined, next.header)).status).toBe(200);
  });

  it('has its own roles alone, and those only as far as its user has them now', async () => {
    const { body: api } = await create({});
    expect(code(await audit(api.key))).toEqual([403, 'permission-denied']);
    const boss = await app.operator('Boss', ['ADMIN']);
    const { body } = await create({ userId: boss.id, roles: ['ADMIN', 'API'] });
    expect((await audit(body.key)).status).toBe(200);
    await app.call('PATCH', `/users/${boss.id}`, { roles: ['OPERATOR'] }, app.admin);
    expect(code(await audit(body.key))).toEqual([403, 'permission-denied']);
    expect((await me(body.key)).status).toBe(200);
    const refused = await create({ userId: boss.id, roles: ['OPERATOR', 'ADMIN'] });
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['error', 'details']]);
  });

  it('ends with its deletion, its own end and the block of its user, but not with another password', async () => {
    const { body: deleted } = await create({});
    expect((await me(deleted.key)).status).toBe(200);
    expect((await remove(deleted.id)).status).toBe(204);
    expect(code(await me(deleted.key))).toEqual(ENDED);
    expect(code(await remove(deleted.id))).toEqual([404, 'entity-not-found']);

    const { body: short } = await create({ expiresAt: '2026-01-28T15:01:00+03:00' });
    expect((await list()).items.find(({ id }) => id === short.id)?.expiresAt).toBe('2026-01-28T12:01:00+00:00');
    expect((await me(short.key)).status).toBe(200);
    clock.advance(60_000);
    expect(code(await me(short.key))).toEqual(ENDED);

    const user = await app.operator('Keyed');
    const { body: theirs } = await create({ userId: user.id, roles: ['OPERATOR'] });
    await app.call('PATCH', `/users/${user.id}`, { password: 'another password' }, app.admin);
    expect((await me(theirs.key)).body.id).toBe(user.id);
    await app.call('PATCH', `/users/${user.id}`, { blocked: true }, app.admin);
    expect(code(await me(theirs.key))).toEqual(ENDED);
    expect((await create({ userId: user.id })).status).toBe(400);
  });

  it('says when it was last used, to the minute', async () => {
    const { body } = await create({});
    const used = async () => (await list()).items.find(({ id }) => id === body.id)?.lastUsedAt;
    expect(await used()).toBeNull();
    await me(body.key);
    const first = await used();
    expect(first).not.toBeNull();
    clock.advance(30_000);
    await me(body.key);
    expect(await used()).toBe(first);
    clock.advance(30_000);
    await me(body.key);
    expect(Date.parse((await used()) ?? '') - Date.parse(first ?? '')).toBe(60_000);
  });

  it('belongs to one company', async () => {
    const tenant = await app.tenant();
    const { body } = await create({ name: 'Hers' }, tenant.header);
    expect((await me(body.key)).body).toMatchObject({ id: tenant.id, companyId: tenant.companyId });
    expect((await list()).items.some(({ id }) => id === body.id)).toBe(false);
    expect((await list(`userId=${tenant.id}`, tenant.header)).items.map(({ id }) => id)).toEqual([body.id]);
    expect(code(await remove(body.id))).toEqual([404, 'entity-not-found']);
    expect(code(await create({ userId: tenant.id }))).toEqual([404, 'entity-not-found']);
    expect((await me(body.key)).status).toBe(200);
  });

  it.each([
    [{ name: '' }],
    [{ roles: [] }],
    [{ roles: ['KING'] }],
    [{ expiresAt: '2026-01-28T11:00:00Z' }],
    [{ expiresAt: '9999-12-31T23:59:59-23:59' }],
    [{ expiresAt: 'tomorrow' }],
    [{ userId: 0 }],
  ])('is not created of %o', async (wrong) => {
    const { count } = await list();
    expect((await create(wrong)).status).toBe(400);
    expect((await list()).count).toBe(count);
    expect((await create({}, (await app.operator('Plain')).header)).status).toBe(403);
  });
});
