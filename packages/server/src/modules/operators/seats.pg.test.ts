import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import { openLog } from '../../platform/log.ts';
import { startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';
import { lockWaits, runSql } from '../../testing/rows.ts';

let app: TestApp;
let database: Database;
let olga: Operator;
beforeAll(async () => {
  app = await startTestApp({ log: openLog('silent', false) });
  database = openDatabase(app.connection, 4, () => undefined);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});
beforeEach(async () => {
  olga = await app.operator('Olga');
});
afterEach(() => runSql(database, 'alter table due drop constraint if exists refused'));

const move = async (what: 'activate' | 'deactivate', body: object = {}) =>
  (await app.call('PATCH', `/users/me/${what}`, body, olga.header)).status;
const change = async (body: object) => (await app.call('PATCH', `/users/${olga.id}`, body, app.admin)).status;
const seat = async () => (await runSql(database, 'select status, epoch from seats where user_id = $1', [olga.id]))[0];
/** No timer of users can be written any more, as where the process is killed before it. */
const refuseTimers = () =>
  runSql(
    database,
    `alter table due add constraint refused check (kind not in ('operator-status', 'route-operator')) not valid`,
  );

describe('the seat of a user', () => {
  it('is there as soon as the user is, and never used until it comes online', async () => {
    const [row] = await runSql(
      database,
      'select company_id, status, status_at, capacity, epoch from seats where user_id = $1',
      [olga.id],
    );
    expect(row).toMatchObject({ company_id: 1, status: 'OFFLINE', status_at: null, capacity: null, epoch: 0 });
  });

  it('moves on with every change of the status, and not where there was none', async () => {
    expect([await move('activate'), await seat()]).toEqual([204, { status: 'ONLINE', epoch: 1 }]);
    expect([await move('activate'), await seat()]).toEqual([204, { status: 'ONLINE', epoch: 1 }]);
    expect([await move('deactivate', { status: 'PAUSE' }), await seat()]).toEqual([204, { status: 'PAUSE', epoch: 2 }]);
    expect([await move('deactivate'), await seat()]).toEqual([204, { status: 'OFFLINE', epoch: 3 }]);
  });

  it('moves on with other roles and a block, which end the status where it may no longer answer', async () => {
    await move('activate');
    expect([await change({ roles: ['SUPERVISOR'] }), await seat()]).toEqual([204, { status: 'ONLINE', epoch: 2 }]);
    expect([await change({ firstName: 'O' }), await seat()]).toEqual([204, { status: 'ONLINE', epoch: 2 }]);
    expect([await change({ blocked: true }), await seat()]).toEqual([204, { status: 'OFFLINE', epoch: 3 }]);
    expect([await change({ blocked: true }), await seat()]).toEqual([204, { status: 'OFFLINE', epoch: 3 }]);
  });

  it('does not change without the timer of what follows, be it a status or rights', async () => {
    await refuseTimers();
    expect([await move('activate'), await seat()]).toEqual([500, { status: 'OFFLINE', epoch: 0 }]);
    expect([await change({ blocked: true }), await seat()]).toEqual([500, { status: 'OFFLINE', epoch: 0 }]);
    expect((await app.call('GET', '/users/me', undefined, olga.header)).status).toBe(200);
    expect(await change({ roles: ['API'] })).toBe(500);
    expect((await app.call('GET', `/users/${olga.id}`, undefined, app.admin)).body).toMatchObject({
      blockedAt: null,
      roles: [{ name: 'OPERATOR' }],
    });
  });

  it('is not taken by somebody who is blocked at the same moment', async () => {
    const coming = await database.transaction(async ({ client }) => {
      await client.query('update users set blocked_at = now() where id = $1', [olga.id]);
      const answer = move('activate');
      await expect.poll(() => lockWaits(database)).toBe(1);
      return { answer };
    });
    await coming.answer;
    expect(await seat()).toEqual({ status: 'OFFLINE', epoch: 0 });
  });
});
