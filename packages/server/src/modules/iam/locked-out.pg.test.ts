import type { AuditEntry, ListPage, TokenPair } from '@molva/contract';
import { decodeJwt } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { runSql } from '../../testing/rows.ts';
import { ADMIN, startTestApp, type TestApp } from '../../testing/test-app.ts';

const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
const lines: Record<string, unknown>[] = [];
const HERE = '198.51.100.1';
const ELSEWHERE = '203.0.113.1';
let app: TestApp;
beforeAll(async () => {
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  app = await startTestApp({ clock, log, trustedProxies: ['127.0.0.0/8'] });
});
afterAll(() => app[Symbol.asyncDispose]());

const login = (email: string, from: string, password: string = ADMIN.password, token?: string) => {
  const earlier = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return app.call<TokenPair>('POST', '/auth/login', { email, password }, { 'x-forwarded-for': from, ...earlier });
};
/** Ten at an address are what it is let do. All come at once, as the time here goes into making hashes. */
const guess = (email: string, from: string, times = 10) =>
  Promise.all(Array.from({ length: times }, () => login(email, from, 'a wrong one')));
const somebody = async (email: string): Promise<number> => {
  const user = { email, password: ADMIN.password, roles: ['OPERATOR'] };
  return (await app.call<{ id: number }>('POST', '/users', user, app.admin)).body.id;
};
const audit = async (userId: number) =>
  (await app.call<ListPage<AuditEntry>>('GET', `/audit?userId=${userId}&limit=100`, undefined, app.admin)).body.items;

it('whoever guesses at an account keeps its owner out nowhere else, however long it goes on', async () => {
  await somebody('owner@test');
  for (let round = 0; round < 2; round++) {
    await guess('owner@test', ELSEWHERE);
    expect((await login('owner@test', ELSEWHERE)).status).toBe(429);
    expect((await login('owner@test', HERE)).status).toBe(200);
    clock.advance(60 * 60_000);
  }
});

it('a device that was let in before passes what is done at its address, and an earlier token of others opens nothing', async () => {
  await somebody('device@test');
  await somebody('other@test');
  const { token } = (await login('device@test', HERE)).body;
  const others = (await login('other@test', HERE)).body.token;
  await guess('device@test', HERE);
  expect((await login('device@test', HERE)).status).toBe(429);
  expect((await login('device@test', HERE, ADMIN.password, others)).status).toBe(429);
  expect((await login('device@test', HERE, ADMIN.password, `${token}A`)).status).toBe(429);
  expect((await login('device@test', HERE, ADMIN.password, token)).status).toBe(200);
  expect((await login('device@test', HERE, 'a wrong one', token)).status).toBe(401);
});

it('a reset by an administrator, and the end of a block, let the user in again', async () => {
  const id = await somebody('reset@test');
  for (const change of [{ password: ADMIN.password }, { blocked: false }]) {
    await guess('reset@test', HERE);
    expect((await login('reset@test', HERE)).status).toBe(429);
    await app.call('PATCH', `/users/${id}`, { blocked: true }, app.admin);
    await app.call('PATCH', `/users/${id}`, { blocked: false, ...change }, app.admin);
    expect((await login('reset@test', HERE)).status).toBe(200);
  }
});

it('an address is one however it is written, and taken however it is written', async () => {
  await somebody('Ünal.Straße@test');
  for (const spelling of ['ünal.straße@test', 'ÜNAL.STRASSE@TEST', 'U\u0308nal.Straße@test']) {
    expect((await login(spelling, HERE)).status, spelling).toBe(200);
    const user = { email: spelling, password: ADMIN.password, roles: ['API'] };
    const taken = await app.call('POST', '/users', user, app.admin);
    expect(taken.headers.get('x-error-code')).toBe('email-taken');
  }
});

it('an address that an earlier version wrote is keyed at a start, and found before that and where another has its key', async () => {
  const [first, second] = [await somebody('Größe@test'), await somebody('second@test')];
  await using database = openDatabase(app.connection, 1, () => undefined);
  await runSql(database, "update users set email_key = null, email = 'GRöSSE@test' where id = $1", [second]);
  await runSql(database, 'update users set email_key = null where id = $1', [first]);
  const subject = async (email: string): Promise<number | undefined> => {
    const { body } = await login(email, HERE);
    return body.token === undefined ? undefined : Number(decodeJwt(body.token).sub);
  };
  expect([await subject('Größe@test'), await subject('GRöSSE@test')]).toEqual([first, second]);
  await app.restart();
  const keys = await runSql(database, 'select id, email_key from users where id = any($1::int[])', [[first, second]]);
  expect(keys).toEqual(
    expect.arrayContaining([
      { id: first, email_key: 'grösse@test' },
      { id: second, email_key: null },
    ]),
  );
  expect([await subject('grösse@test'), await subject('GRöSSE@test')]).toEqual([second, second]);
  expect(await subject('größe@test')).toBe(first);
});

it('logins and changes of passwords, failed ones too, are in the log and in the audit log', async () => {
  const id = await somebody('seen@test');
  lines.length = 0;
  const { token } = (await login('seen@test', HERE)).body;
  clock.advance(1000);
  await login('seen@test', ELSEWHERE, 'a wrong one');
  clock.advance(1000);
  const change = (currentPassword: string) =>
    app.call(
      'PUT',
      '/users/me/password',
      { currentPassword, newPassword: 'another password' },
      {
        authorization: `Bearer ${token}`,
        'x-forwarded-for': HERE,
      },
    );
  await change('a wrong one');
  clock.advance(1000);
  await change(ADMIN.password);
  const entry = (operation: string, status: number, address: string) => ({
    operation,
    status,
    address,
    userId: id,
    userName: 'seen@test',
    body: null,
  });
  expect(await audit(id)).toMatchObject([
    entry('changePassword', 204, HERE),
    entry('changePassword', 401, HERE),
    entry('login', 401, ELSEWHERE),
    entry('login', 200, HERE),
  ]);
  expect(lines.filter(({ userId }) => userId === id).map(({ operation, level }) => [operation, level])).toEqual([
    ['login', 30],
    ['login', 40],
    ['changePassword', 40],
    ['changePassword', 30],
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/wrong one|another password|correct horse/);
});

it('strangers write little of it', async () => {
  const id = await somebody('attacked@test');
  for (let from = 1; from <= 4; from++) await guess('attacked@test', `203.0.113.${from + 10}`, 3);
  expect((await audit(id)).filter(({ status }) => status === 401)).toHaveLength(10);
});
