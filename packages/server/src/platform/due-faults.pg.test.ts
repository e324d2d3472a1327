import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { migratedDatabase } from '../testing/fresh-database.ts';
import { SkippingClock } from '../testing/skipping-clock.ts';
import { until } from '../testing/until.ts';
import { openWire } from '../testing/wire.ts';
import { systemClock, type Elapsed } from './clock.ts';
import { openDatabase, type Database, type DatabaseConnection } from './database.ts';
import { DueRunner, type DueHandler } from './due.ts';
import { openLog } from './log.ts';
import { NodeLease } from './node-lease.ts';

const KEY = '00000000-0000-4000-8000-000000000001';
const log = openLog('silent', false);
let connection: DatabaseConnection;
let database: Database;
let clock: FakeClock;
const opened: AsyncDisposable[] = [];

/** A process that does nothing any more: it renews no lease. */
const dead: Elapsed = { elapsed: () => 0, setTimeout: () => ({ cancel: () => undefined }) };

interface Setting {
  readonly name?: string;
  readonly time?: Elapsed;
  readonly over?: Database;
}

async function runner(handler: DueHandler, { name = 'node', time = systemClock, over = database }: Setting = {}) {
  const lease = await NodeLease.take(over, time, log, { name, alone: false });
  const due = new DueRunner({ database: over, clock, log, lease });
  due.handle('test', handler);
  due.start();
  opened.push(due, lease);
  return due;
}

const rows = () =>
  database.query<{ kind: string; owner: number | null; attempts: number; due_at: number }>(
    { text: 'select kind, owner, attempts, due_at from due order by kind' },
    [],
  );
const wish = (kind: string, version: number | null = null) =>
  database.query({ text: 'insert into due (kind, key, due_at, version) values ($1, $2, $3::timestamptz, $4)' }, [
    kind,
    KEY,
    new Date(clock.now()).toISOString(),
    version,
  ]);

async function pass(milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds;
  await until(clock, () => clock.now() >= end);
}

beforeEach(async () => {
  connection = await migratedDatabase();
  database = openDatabase(connection, 4, () => undefined, { limit: 3_000 });
  clock = new FakeClock(Date.UTC(2026, 0, 1));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe('a timer whose process died in the middle', () => {
  it('is free at once for a successor of its name, and the dead one’s word is void', async () => {
    const [first, second] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
    let runs = 0;
    await wish('test');
    await runner(() => (runs++, first.promise), { time: dead });
    await until(clock, () => runs === 1);
    await runner(() => (runs++, second.promise));
    await until(clock, () => runs === 2);
    first.resolve(null);
    await pass(2_000);
    expect((await rows()).map(({ owner }) => owner !== null)).toEqual([true]);
    second.resolve(null);
    await until(clock, async () => (await rows()).length === 0);
    expect(runs).toBe(2);
  });

  it('is free for others when its lease is over, and not before', async () => {
    const hanging = Promise.withResolvers<null>();
    await wish('test');
    let runs = 0;
    await runner(() => hanging.promise, { name: 'dead', time: dead });
    await until(clock, async () => (await rows())[0]?.owner !== null);
    await runner(async () => (runs++, null), { name: 'other', time: clock });
    await pass(6_000);
    expect(runs).toBe(0);
    await database.query({ text: `update nodes set until = now() - interval '1 second' where name = 'dead'` }, []);
    await until(clock, () => runs === 1);
    hanging.resolve(null);
  });

  it('is free for others where its lease is of before the clock of the database was set back', async () => {
    const hanging = Promise.withResolvers<null>();
    await wish('test');
    let runs = 0;
    await runner(() => hanging.promise, { name: 'dead', time: dead });
    await until(clock, async () => (await rows())[0]?.owner !== null);
    await database.query({ text: `update nodes set until = now() + interval '13 hours' where name = 'dead'` }, []);
    await runner(async () => (runs++, null), { name: 'other', time: clock });
    await until(clock, () => runs === 1);
    hanging.resolve(null);
  });

  it('is left by a node that came back first until the others had the time to renew', async () => {
    const hanging = Promise.withResolvers<null>();
    await wish('test');
    let runs = 0;
    await runner(() => hanging.promise, { name: 'slower', time: dead });
    await until(clock, async () => (await rows())[0]?.owner !== null);
    await database.query({ text: `update nodes set until = now() - interval '1 second'` }, []);
    await runner(async () => (runs++, null), { name: 'faster', time: dead });
    await pass(3_000);
    expect(runs).toBe(0);
    hanging.resolve(null);
  });
});

it('a clock that is set back by hours holds no timer up, whatever instant was named before', async () => {
  const machine = new SkippingClock();
  const lease = await NodeLease.take(database, systemClock, log, { name: 'node', alone: false });
  const due = new DueRunner({ database, clock: machine, log, lease });
  let runs = 0;
  due.handle('test', async () => (runs++, null));
  due.start();
  opened.push(due, lease);
  await expect.poll(async () => (await due.at('test', KEY, machine.now()), runs)).toBeGreaterThan(0);
  await expect.poll(rows).toEqual([]);
  // Between two looks at the table.
  await sleep(100);
  const before = machine.now();
  machine.skip(-13 * 3_600_000);
  due.hint(before);
  const done = runs;
  const at = new Date(machine.now()).toISOString();
  await database.query({ text: 'insert into due (kind, key, due_at) values ($1, $2, $3::timestamptz)' }, [
    'test',
    crypto.randomUUID(),
    at,
  ]);
  await expect.poll(() => runs).toBeGreaterThan(done);
});

it('a clock that leaps by hours, here or at the database, forward or back, holds no timer up', async () => {
  const machine = new SkippingClock();
  // Renewals ten times as often: the next one puts the lease right.
  const time: Elapsed = {
    elapsed: () => systemClock.elapsed(),
    setTimeout: (callback, milliseconds) => systemClock.setTimeout(callback, milliseconds / 10),
  };
  const lease = await NodeLease.take(database, time, log, { name: 'node', alone: false });
  const due = new DueRunner({ database, clock: machine, log, lease });
  let runs = 0;
  due.handle('test', async () => (runs++, null));
  due.start();
  opened.push(due, lease);
  // What a lease says until when is what the clock of the database says less.
  const databaseLeaps = (by: string) => database.query({ text: 'update nodes set until = until - $1::interval' }, [by]);
  const leaps: (() => unknown)[] = [
    () => machine.skip(13 * 3_600_000),
    () => machine.skip(-26 * 3_600_000),
    () => databaseLeaps('13 hours'),
    () => databaseLeaps('-26 hours'),
  ];
  for (const [done, leap] of leaps.entries()) {
    await leap();
    await due.at('test', KEY, machine.now() + 50);
    await expect.poll(() => runs).toBe(done + 1);
    await expect.poll(rows).toEqual([]);
  }
  expect(lease.figures).toEqual({ held: true, lapses: 0 });
});

it('a timer of a kind that this process does not know stays for those who do', async () => {
  await wish('of a newer Molva');
  await runner(async () => null);
  await pass(4_000);
  expect(await rows()).toMatchObject([{ kind: 'of a newer Molva', owner: null, attempts: 0 }]);
});

it('a handler is told the newest version that wished for it', async () => {
  const versions: (number | null)[] = [];
  const due = await runner(async (_key, { version }) => (versions.push(version), null));
  await wish('test', 7);
  await due.at('test', KEY, clock.now());
  await until(clock, () => versions.length === 1);
  expect(versions).toEqual([7]);
});

describe('where the database refuses for a while', () => {
  it.each([
    ['ended', async () => null],
    ['is to come again', async () => clock.now() + 3_600_000],
    ['failed', () => Promise.reject(new Error('no luck'))],
  ])('a run that %s meanwhile is written as soon as it can be, and leaves nothing behind', async (_what, end) => {
    const running = Promise.withResolvers<void>();
    let runs = 0;
    await wish('test');
    await runner(async () => {
      if (++runs > 1) return null;
      await running.promise;
      return end();
    });
    await until(clock, () => runs === 1);
    await using refusal = await refuse();
    running.resolve();
    await pass(2_000);
    await refusal[Symbol.asyncDispose]();
    // Nobody starts anew and no lease runs out: what is free is so because it was written.
    await until(clock, async () => {
      const left = await rows().catch(() => undefined);
      return left !== undefined && left.every(({ owner }) => owner === null);
    });
  });
});

describe('where a connection goes silent', () => {
  it('the clock goes on over another', async () => {
    await using wire = await openWire(connection);
    await using over = openDatabase(wire.connection, 3, () => undefined, { limit: 300 });
    let runs = 0;
    const due = await runner(async () => (runs++, null), { over });
    await pass(2_000);
    wire.swallow();
    await wish('test');
    await until(clock, () => runs === 1);
    await due[Symbol.asyncDispose]();
  });

  it('what a claim took whose answer was lost is not lost with it', async () => {
    await using wire = await openWire(connection);
    await using over = openDatabase(wire.connection, 3, () => undefined, { limit: 300 });
    let runs = 0;
    const held = wire.hold('due_claim');
    await wish('test');
    const due = await runner(async () => (runs++, null), { over });
    clock.advance(10);
    await held.answered;
    expect((await rows()).map(({ owner }) => owner !== null)).toEqual([true]);
    await until(clock, () => runs === 1);
    await due[Symbol.asyncDispose]();
    held.release();
  });
});

/** Ends all connections of Molva to the database and lets none in until disposed. */
async function refuse(): Promise<AsyncDisposable> {
  const name = 'database' in connection ? connection.database : new URL(connection.connectionString).pathname.slice(1);
  const elsewhere =
    'database' in connection
      ? { ...connection, database: 'postgres' }
      : { connectionString: connection.connectionString.replace(/[^/]+$/, 'postgres') };
  const admin = new pg.Client(elsewhere);
  await admin.connect();
  await admin.query(`alter database ${name} allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  let over = false;
  return {
    async [Symbol.asyncDispose]() {
      if (over) return;
      over = true;
      await admin.query(`alter database ${name} allow_connections true`);
      await admin.end();
    },
  };
}
