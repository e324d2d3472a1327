import { KeySet, type CurrentUser, type TokenPair } from '@molva/contract';
import { hash } from '@node-rs/argon2';
import { createLocalJWKSet, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT } from 'jose';
import { pino } from 'pino';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ADMIN, startTestApp, testSecrets, type TestApp } from '../../testing/test-app.ts';

const NEW = 'staple battery horse';
const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
const warnings: string[] = [];
let app: TestApp;
beforeAll(async () => {
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  app = await startTestApp({ clock, log });
});
afterAll(() => app[Symbol.asyncDispose]());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const login = (email: string, password: string = ADMIN.password) =>
  app.call<TokenPair>('POST', '/auth/login', { email, password });
const refresh = (refreshToken: string) => app.call<TokenPair>('POST', '/auth/refresh', { refreshToken });
const me = (token: string) => app.call<CurrentUser>('GET', '/users/me', undefined, bearer(token));
const code = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('x-error-code')];

/** A user of its own, logged in. */
async function somebody(email: string, roles = ['OPERATOR']): Promise<{ id: number } & TokenPair> {
  const body = { email, password: ADMIN.password, roles };
  const created = await app.call<{ id: number }>('POST', '/users', body, app.admin);
  return { id: created.body.id, ...(await login(email)).body };
}
const change = (id: number, body: object) => app.call('PATCH', `/users/${id}`, body, app.admin);

describe('tokens', () => {
  it('can be checked with the published keys, which their header names', async () => {
    const { body } = await app.call<KeySet>('GET', '/auth/keys');
    expect(Compile(KeySet).Errors(body)).toEqual([]);
    expect(JSON.stringify(body)).not.toMatch(/"(d|p|q)"/);
    const { token } = (await login(ADMIN.email)).body;
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT', kid: body.keys[0]?.kid });
    const { payload } = await jwtVerify(token, createLocalJWKSet(body), { currentDate: new Date(clock.now()) });
    expect(payload).toMatchObject({ sub: '1', company_id: 1, roles: expect.arrayContaining(['ADMIN']) });
  });

  it.each([
    { sub: 'admin' },
    { sub: '1e0' },
    { sub: ' 1' },
    { sub: '0' },
    { sub: '99999999999999999999' },
    { sub: '2147483648' },
    { sub: '1', sid: 'no login' },
    { sub: '1', sid: 7 },
    { sub: '1', generation: 'x' },
  ])('signed with our key that say what none of ours does are not valid: %o', async (claims) => {
    const key = await importPKCS8(testSecrets(new Uint8Array()).signing.privateKey, 'RS256');
    const token = await new SignJWT({ company_id: 1, roles: ['ADMIN'], ...claims })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime(Math.floor(clock.now() / 1000) + 3600)
      .sign(key);
    expect(code(await me(token))).toEqual([401, 'token-invalid']);
  });

  it('end within a call where the user is blocked, and do not come back to life', async () => {
    const user = await somebody('blocked@test');
    expect((await me(user.token)).status).toBe(200);
    expect((await change(user.id, { blocked: true })).status).toBe(204);
    expect(code(await me(user.token))).toEqual([401, 'token-invalid']);
    expect(code(await refresh(user.refreshToken))).toEqual([401, 'refresh-refused']);
    expect(code(await login('blocked@test'))).toEqual([401, 'wrong-credentials']);
    await change(user.id, { blocked: false });
    expect(code(await me(user.token))).toEqual([401, 'token-invalid']);
    expect((await me((await login('blocked@test')).body.token)).status).toBe(200);
  });

  it('carry the roles of the moment, not those they were signed with', async () => {
    const user = await somebody('roles@test', ['ADMIN']);
    const audit = () => app.call('GET', '/audit', undefined, bearer(user.token));
    expect((await audit()).status).toBe(200);
    await change(user.id, { roles: ['OPERATOR'] });
    expect(code(await audit())).toEqual([403, 'permission-denied']);
    expect((await me(user.token)).body.roles).toEqual([{ name: 'OPERATOR', company_id: 1 }]);
    expect(code(await refresh(user.refreshToken))).toEqual([401, 'refresh-refused']);
    await change(user.id, { roles: ['OPERATOR', 'ADMIN'] });
    expect((await audit()).status).toBe(200);
  });

  it('are said to be expired only where their own end has passed', async () => {
    const body = { ...ADMIN, ttl: 60 };
    const { token } = (await app.call<TokenPair>('POST', '/auth/login', body)).body;
    clock.advance(119_000);
    expect((await me(token)).status).toBe(200);
    clock.advance(2_000);
    expect((await me(token)).body).toEqual({ error: 'Token is expired.', details: null });
  });
});

describe('passwords', () => {
  it('are changed by who knows the present one, which ends every login of the user', async () => {
    const user = await somebody('change@test');
    const other = (await login('change@test')).body;
    const set = (currentPassword: string, newPassword: string) =>
      app.call('PUT', '/users/me/password', { currentPassword, newPassword }, bearer(user.token));
    expect((await set(ADMIN.password, 'short')).status).toBe(400);
    expect(code(await set('wrong', NEW))).toEqual([401, 'wrong-credentials']);
    expect((await me(user.token)).status).toBe(200);
    expect((await set(ADMIN.password, NEW)).status).toBe(204);
    for (const token of [user.token, other.token]) expect(code(await me(token))).toEqual([401, 'token-invalid']);
    for (const { refreshToken } of [user, other]) expect((await refresh(refreshToken)).status).toBe(401);
    expect((await login('change@test')).status).toBe(401);
    expect((await me((await login('change@test', NEW)).body.token)).status).toBe(200);
  });

  it('are changed by one of two who come at once with the present one', async () => {
    const { token } = await somebody('twice@test');
    const news = [NEW, `${NEW} as well`];
    const set = (newPassword: string) =>
      app.call('PUT', '/users/me/password', { currentPassword: ADMIN.password, newPassword }, bearer(token));
    const statuses = (await Promise.all(news.map(set))).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 401]);
    const logins = await Promise.all(news.map((password) => login('twice@test', password)));
    expect(logins.map(({ status }) => status === 200)).toEqual(statuses.map((status) => status === 204));
  });

  it('wrong ones at a change count as those at a login', async () => {
    const { token } = await somebody('guess@test');
    const guess = () =>
      app.call('PUT', '/users/me/password', { currentPassword: 'wrong', newPassword: NEW }, bearer(token));
    for (let attempt = 0; attempt < 10; attempt++) expect((await guess()).status).toBe(401);
    expect(code(await guess())).toEqual([429, 'too-many-requests']);
    expect(code(await login('guess@test'))).toEqual([429, 'too-many-requests']);
    clock.advance(15 * 60_000);
    expect((await login('guess@test')).status).toBe(200);
  });

  it('guessed at the same time are not tried more often for it', async () => {
    await somebody('parallel@test');
    const answers = await Promise.all(Array.from({ length: 20 }, () => login('parallel@test', 'wrong')));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(11);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(9);
    clock.advance(15 * 60_000);
  });

  it('set by an administrator end what was', async () => {
    const user = await somebody('reset@test');
    await change(user.id, { password: NEW });
    expect(code(await me(user.token))).toEqual([401, 'token-invalid']);
    expect((await refresh(user.refreshToken)).status).toBe(401);
    expect((await login('reset@test', NEW)).status).toBe(200);
  });

  it('hashed with weaker parameters are hashed anew at the next login', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const { id } = await somebody('old@test');
    const weak = await hash(NEW, { memoryCost: 1024, timeCost: 1 });
    await database.builder.updateTable('users').set({ password_hash: weak }).where('id', '=', id).execute();
    expect((await login('old@test', NEW)).status).toBe(200);
    const row = await database.builder.selectFrom('users').select('password_hash').where('id', '=', id).execute();
    expect(row[0]?.password_hash).toContain('m=19456,t=2,p=1');
    expect((await login('old@test', NEW)).status).toBe(200);
  });
});

describe('refresh tokens', () => {
  it('used again after the minute end their login, and the log names the user', async () => {
    const user = await somebody('reuse@test');
    const next = (await refresh(user.refreshToken)).body;
    const other = (await login('reuse@test')).body;
    clock.advance(61_000);
    warnings.length = 0;
    expect((await refresh(user.refreshToken)).body).toEqual({
      error: 'The refresh token is not accepted',
      details: null,
    });
    expect(JSON.parse(warnings[0] ?? '{}')).toMatchObject({ level: 40, userId: user.id });
    expect(warnings.join('')).not.toContain(user.refreshToken);
    expect((await refresh(next.refreshToken)).status).toBe(401);
    expect(code(await me(next.token))).toEqual([401, 'token-invalid']);
    expect((await refresh(other.refreshToken)).status).toBe(200);
  });

  it('end with the logout, tokens too, which ends nothing else and forgives what is not there', async () => {
    const user = await somebody('logout@test');
    expect((await me(user.token)).status).toBe(200);
    const next = (await refresh(user.refreshToken)).body;
    const other = (await login('logout@test')).body;
    const logout = (refreshToken: string) => app.call('POST', '/auth/logout', { refreshToken });
    expect((await logout(user.refreshToken)).status).toBe(204);
    expect((await refresh(next.refreshToken)).status).toBe(401);
    expect([code(await me(user.token)), code(await me(next.token))]).toEqual(
      Array.from({ length: 2 }, () => [401, 'token-invalid']),
    );
    expect((await me(other.token)).status).toBe(200);
    expect((await refresh(other.refreshToken)).status).toBe(200);
    expect([(await logout(user.refreshToken)).status, (await logout('made up')).status]).toEqual([204, 204]);
    expect((await app.call('POST', '/auth/logout', {})).status).toBe(400);
  });

  it('that have ended and failures that no longer count are swept', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    await login('sweep@test', 'wrong');
    await app.call('POST', '/auth/logout', { refreshToken: (await login(ADMIN.email)).body.refreshToken });
    const left = async () => [
      (await database.builder.selectFrom('login_failures').select('subject').execute()).length,
      (await database.builder.selectFrom('refresh_tokens').select('family').execute()).length,
      (await database.builder.selectFrom('ended_logins').select('family').execute()).length,
    ];
    expect((await left()).every((count) => count > 0)).toBe(true);
    clock.advance(32 * 86_400_000);
    const later = () => {
      clock.advance(1_000);
      return left();
    };
    await expect.poll(later).toEqual([0, 0, 0]);
  });
});
