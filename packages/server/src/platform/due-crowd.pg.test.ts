import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { migratedDatabase } from '../testing/fresh-database.ts';
import { until } from '../testing/until.ts';
import { systemClock } from './clock.ts';
import { openDatabase, type Database } from './database.ts';
import { DueRunner, type DueHandler } from './due.ts';
import { openLog } from './log.ts';
import { NodeLease } from './node-lease.ts';

const AT_ONCE = 8;
const LATE_KEY = '00000000-0000-4000-8000-ffffffffffff';
let database: Database;
let clock: FakeClock;
let lease: NodeLease;
let due: DueRunner;

beforeEach(async () => {
  const log = openLog('silent', false);
  database = openDatabase(await migratedDatabase(), 4, () => undefined);
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  lease = await NodeLease.take(database, systemClock, log, { name: 'one', alone: false });
  due = new DueRunner({ database, clock, log, lease });
});
afterEach(async () => {
  await due[Symbol.asyncDispose]();
  await lease[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function start(handler: DueHandler): void {
  due.handle('test', handler, { atOnce: AT_ONCE });
  due.start();
}

/** Rows of a company, due for a long time, the oldest first. */
const flood = (rows: number, companyId: number) =>
  database.query(
    {
      text: `insert into due (kind, key, due_at, company_id)
        select 'test', gen_random_uuid(), '2025-01-01'::timestamptz + n * interval '1 ms', $2 from generate_series(1, $1) n`,
    },
    [rows, companyId],
  );
const single = (companyId: number) =>
  database.query({ text: `insert into due (kind, key, due_at, company_id) values ('test', $1, '2025-12-31', $2)` }, [
    LATE_KEY,
    companyId,
  ]);

it('no more runs of a kind are under way than its handler says, and all get their turn', async () => {
  await flood(200, 1);
  let [open, most, done] = [0, 0, 0];
  start(async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 2));
    open--;
    done++;
    return null;
  });
  await until(clock, () => done === 200, 10);
  expect(most).toBeLessThanOrEqual(AT_ONCE);
});

it('ten thousand timers of one company do not keep the single one of another waiting', async () => {
  await flood(10_000, 1);
  await single(2);
  const keys: string[] = [];
  start(async (key) => {
    keys.push(key);
    return null;
  });
  await until(clock, () => keys.includes(LATE_KEY), 10);
  expect(keys.indexOf(LATE_KEY)).toBeLessThan(2 * AT_ONCE);
});

it('a company whose runs never end leaves room for the others', async () => {
  const hanging = Promise.withResolvers<null>();
  await flood(10_000, 1);
  let [hung, ran] = [0, false];
  start(async (key) => {
    if (key === LATE_KEY) {
      ran = true;
      return null;
    }
    hung++;
    return hanging.promise;
  });
  await until(clock, () => hung > 0, 10);
  await single(2);
  due.hint(clock.now());
  await until(clock, () => ran, 10);
  expect(hung).toBeLessThan(AT_ONCE);
  await database.query({ text: 'delete from due' }, []);
  hanging.resolve(null);
});
