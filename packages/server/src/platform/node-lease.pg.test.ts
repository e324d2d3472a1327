import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { migratedDatabase } from '../testing/fresh-database.ts';
import { openDatabase, type Database } from './database.ts';
import { openLog } from './log.ts';
import { NodeLease } from './node-lease.ts';

const log = openLog('silent', false);
let database: Database;
beforeEach(async () => {
  database = openDatabase(await migratedDatabase(), 1, () => undefined);
});
afterEach(() => database[Symbol.asyncDispose]());

const names = async (): Promise<string[]> =>
  (await database.query<{ name: string }>({ text: 'select name from nodes order by name' }, [])).map(
    ({ name }) => name,
  );
/** Statements follow one another on the one connection: after a few of ours, all that a renewal needs are answered. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await database.query({ text: 'select 1' }, []);
}

/** The time of a process that can be stopped in the middle, so that none of its timers fires. */
function processTime() {
  const clock = new FakeClock(0);
  let stopped = 0;
  return {
    elapsed: () => clock.now() + stopped,
    setTimeout: clock.setTimeout.bind(clock),
    stop: (milliseconds: number) => void (stopped += milliseconds),
    async pass(milliseconds: number) {
      clock.advance(milliseconds);
      await settle();
    },
  };
}

describe(NodeLease, () => {
  it('a process that was stopped for longer than it is trusted claims nothing until it has renewed twice', async () => {
    const time = processTime();
    await using lease = await NodeLease.take(database, time, log, { name: 'one', alone: false });
    expect([lease.mayClaim, lease.mayTakeOver]).toEqual([true, false]);
    await time.pass(2_500);
    await time.pass(2_500);
    expect([lease.mayClaim, lease.mayTakeOver]).toEqual([true, true]);
    time.stop(8_000);
    expect([lease.mayClaim, lease.mayTakeOver]).toEqual([false, false]);
    await time.pass(2_500);
    expect([lease.mayClaim, lease.mayTakeOver]).toEqual([false, false]);
    await time.pass(1_000);
    expect([lease.mayClaim, lease.mayTakeOver]).toEqual([true, true]);
  });

  it('the older of two processes of one name finds its fence gone, and claims nothing ever again', async () => {
    const time = processTime();
    await using older = await NodeLease.take(database, time, log, { name: 'one', alone: false });
    await using newer = await NodeLease.take(database, time, log, { name: 'one', alone: false });
    await time.pass(2_500);
    await time.pass(2_500);
    expect([older.mayClaim, newer.mayClaim, newer.fence > older.fence]).toEqual([false, true, true]);
    await older[Symbol.asyncDispose]();
    expect(await names()).toEqual(['one']);
  });

  it('a row that the database has lost is taken anew', async () => {
    const time = processTime();
    await using lease = await NodeLease.take(database, time, log, { name: 'one', alone: false });
    const { fence } = lease;
    await database.query({ text: 'delete from nodes' }, []);
    await time.pass(2_500);
    expect([lease.mayClaim, lease.fence > fence, await names()]).toEqual([true, true, ['one']]);
  });

  it('whoever is proved to be alone voids all leases at its start; a stop gives its own back', async () => {
    const time = processTime();
    await NodeLease.take(database, time, log, { name: 'dead', alone: false });
    const lease = await NodeLease.take(database, time, log, { name: 'alone', alone: true });
    expect(await names()).toEqual(['alone']);
    await lease[Symbol.asyncDispose]();
    expect(await names()).toEqual([]);
  });
});
