import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { migratedDatabase } from '../../../testing/fresh-database.ts';
import { lockWaits, runSql, writeCompany, writeSession, writeUser } from '../../../testing/rows.ts';
import { seatGuard } from './seat-guard.ts';

const { part, condition } = seatGuard(3);
const GIVE = {
  name: 'give',
  text: `with ${part}, moved as (update sessions set version = version + 1, operator_id = $4::integer::text
    where id = $1::uuid and version = $2::integer and ${condition} returning id) select 1 from moved`,
};

let database: Database;
let operator: number;
beforeAll(async () => {
  database = openDatabase(await migratedDatabase(), 8, (error) => {
    throw error;
  });
  await writeCompany(database);
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  operator = await newOperator();
});

const newOperator = () => writeUser(database, 1);
/** A session at version 1 that somebody is to get. */
const newSession = () => writeSession(database, { companyId: 1 });
const run = (text: string, values: unknown[] = []) => runSql(database, text, values);

const seat = async () =>
  (
    await run(
      `select epoch, last_given_at > now() - interval '1 minute' as given from seats
  where user_id = $1`,
      [operator],
    )
  )[0];

type Values = [session: string, version: number, company: number, user: number, epoch: number | null];
const give = async (...values: Values) => (await database.query(GIVE, values)).length === 1;

describe('a session that is given', () => {
  it('moves session and seat, and neither where one of them moved on', async () => {
    const session = await newSession();
    expect(await give(session, 1, 1, operator, 1)).toBe(false);
    expect(await give(session, 2, 1, operator, 0)).toBe(false);
    expect(await give(session, 1, 2, operator, 0)).toBe(false);
    expect(await seat()).toEqual({ epoch: 0, given: null });
    expect(await give(session, 1, 1, operator, 0)).toBe(true);
    expect(await seat()).toEqual({ epoch: 1, given: true });
    expect(await give(await newSession(), 1, 1, operator, 0)).toBe(false);
    expect(await give(await newSession(), 1, 1, operator, 1)).toBe(true);
  });

  it('by routing is for somebody online alone; named or taken for anybody, and counts all the same', async () => {
    await run(`update seats set status = 'PAUSE' where user_id = $1`, [operator]);
    expect(await give(await newSession(), 1, 1, operator, 0)).toBe(false);
    expect(await give(await newSession(), 1, 1, operator, null)).toBe(true);
    expect(await seat()).toEqual({ epoch: 1, given: true });
    expect(await give(await newSession(), 7, 1, operator, null)).toBe(false);
    expect(await seat()).toEqual({ epoch: 1, given: true });
  });

  it('is one of those that two decisions saw the same seat for', async () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      const sessions = [await newSession(), await newSession()];
      const won = await Promise.all(sessions.map((session) => give(session, 1, 1, operator, epoch)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await seat()).toMatchObject({ epoch: epoch + 1 });
    }
  });

  it('goes to one of two people', async () => {
    const other = await newOperator();
    for (let round = 0; round < 20; round++) {
      const session = await newSession();
      const won = await Promise.all([give(session, 1, 1, operator, null), give(session, 1, 1, other, null)]);
      expect(won.filter(Boolean)).toHaveLength(1);
    }
  });
});

/** What a statement does while somebody holds a row, seen from a third connection. */
describe.each([
  ['by routing', 0],
  ['by name', null],
])('a session that is given %s', (_, epoch) => {
  const locked = async (text: string, values: unknown[]) => {
    const rows = await run(`${text} for update skip locked`, values);
    return rows.length === 0;
  };
  const isSeatLocked = () => locked('select 1 from seats where user_id = $1', [operator]);
  const isSessionLocked = (id: string) => locked('select 1 from sessions where id = $1', [id]);
  const waits = () => expect.poll(() => lockWaits(database)).toBe(1);

  it('has its seat locked before it, under a plan for any value too', async () => {
    const session = await newSession();
    await database.transaction(async ({ client }) => {
      await client.query('select 1 from sessions where id = $1 for update', [session]);
      const giving = database.transaction(async (connection) => {
        await connection.client.query('set local plan_cache_mode = force_generic_plan');
        return connection.query(GIVE, [session, 1, 1, operator, epoch]);
      });
      await waits();
      expect(await isSeatLocked()).toBe(true);
      await client.query('rollback');
      expect(await giving).toHaveLength(1);
    });
  });

  it('waits for its seat without holding the session, and loses where the seat moved on meanwhile', async () => {
    const session = await newSession();
    const giving = await database.transaction(async ({ client }) => {
      await client.query(`update seats set epoch = epoch + 1, status = 'PAUSE' where user_id = $1`, [operator]);
      const given = give(session, 1, 1, operator, epoch);
      await waits();
      expect(await isSessionLocked(session)).toBe(false);
      return { given };
    });
    expect(await giving.given).toBe(epoch === null);
    expect(await seat()).toMatchObject({ epoch: epoch === null ? 2 : 1 });
  });
});
