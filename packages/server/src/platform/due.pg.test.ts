import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { freshDatabase, migratedDatabase } from '../testing/fresh-database.ts';
import { keptLog } from '../testing/kept-log.ts';
import { until } from '../testing/until.ts';
import { systemClock } from './clock.ts';
import { openDatabase, type Database } from './database.ts';
import { DueOutcomes } from './due-outcomes.ts';
import { DueRunner } from './due.ts';
import { noRoom } from './failure.ts';
import { openLog } from './log.ts';
import { migrate } from './migrations.ts';
import { NodeLease } from './node-lease.ts';
import { Notices } from './notices.ts';

const KEY = '00000000-0000-4000-8000-000000000001';
const log = openLog('silent', false);
let database: Database;
let clock: FakeClock;
const opened: AsyncDisposable[] = [];

let nodes = 0;

async function runner(handler: (key: string) => Promise<number | null>): Promise<DueRunner> {
  const lease = await NodeLease.take(database, systemClock, log, { name: `node ${++nodes}`, alone: false });
  const due = new DueRunner({ database, clock, log, lease });
  due.handle('test', handler);
  due.start();
  opened.push(due, lease);
  return due;
}

/** Lets time pass in small pieces, and what came due do its work. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

const left = async (): Promise<number> =>
  (await database.query({ name: 'left', text: 'select 1 from due' }, [])).length;

beforeEach(async () => {
  database = openDatabase(await migratedDatabase(), 4, () => undefined);
  clock = new FakeClock(Date.UTC(2026, 0, 1));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe(DueRunner, () => {
  it('runs what is due, once, not before its time, and comes again when it is told to', async () => {
    const runs: number[] = [];
    const began = clock.now();
    const due = await runner(async () => {
      runs.push(clock.now() - began);
      return runs.length < 2 ? clock.now() + 3000 : null;
    });
    await due.at('test', KEY, began + 2000);
    await pass(1500);
    expect(runs).toEqual([]);
    await until(clock, async () => runs.length === 2 && (await left()) === 0);
    expect(runs[0]).toBeGreaterThanOrEqual(2000);
    expect((runs[1] ?? 0) - (runs[0] ?? 0)).toBeGreaterThanOrEqual(3000);
  });

  it('tries again after a failure, later each time', async () => {
    let attempts = 0;
    const due = await runner(async () => {
      attempts++;
      if (attempts < 3) throw new Error('not yet');
      return null;
    });
    await due.at('test', KEY, clock.now());
    await until(clock, async () => attempts === 3 && (await left()) === 0);
  });

  it('tells of what there is no room for as every bound is told of, and not as of a fault', async () => {
    const { log, messages } = keptLog();
    const told: string[] = [];
    const lease = await NodeLease.take(database, systemClock, log, { name: 'full', alone: false });
    const notices = new Notices(log, clock, (notice) => told.push(notice));
    const due = new DueRunner({ database, clock, log, lease, notices });
    opened.push(due, lease);
    due.handle('test', async () => {
      if (told.length < 2) throw noRoom('bot-lane-full', { company: 1 });
      return null;
    });
    due.start();
    await due.at('test', KEY, clock.now());
    await until(clock, async () => told.length === 2 && (await left()) === 0);
    expect(messages.filter((words) => words.includes('timer'))).toEqual([]);
    expect(messages.filter((words) => words.includes('a bot'))).toHaveLength(1);
  });

  it('keeps a wish that comes in while its key runs', async () => {
    let runs = 0;
    const due = await runner(async (key) => {
      runs++;
      if (runs === 1) await due.at('test', key, clock.now() + 60_000_000);
      return null;
    });
    await due.at('test', KEY, clock.now());
    await until(clock, async () => runs === 2 && (await left()) === 0);
  });

  it('runs a key one at a time, on however many nodes, whatever wishes come in meanwhile', async () => {
    let open = 0;
    let most = 0;
    let runs = 0;
    const work = async (): Promise<null> => {
      most = Math.max(most, ++open);
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 60));
      open--;
      return null;
    };
    const [first, second] = [await runner(work), await runner(work)];
    for (let wish = 0; wish < 6; wish++) {
      await (wish % 2 === 0 ? first : second).at('test', KEY, clock.now());
      await pass(500);
    }
    await until(clock, async () => (await left()) === 0);
    expect([most, runs > 1, open]).toEqual([1, true, 0]);
  });

  it('a stop waits for what was claimed, and for all it writes', async () => {
    const done: string[] = [];
    const due = await runner(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      done.push('run');
      return null;
    });
    await due.at('test', KEY, clock.now());
    clock.advance(5);
    await due[Symbol.asyncDispose]();
    expect(done).toEqual(['run']);
    expect(await left()).toBe(0);
  });

  it('two nodes share the work: nothing is done twice', async () => {
    const done: string[] = [];
    const work = async (key: string): Promise<null> => {
      done.push(key);
      return null;
    };
    const [first] = [await runner(work), await runner(work)];
    const keys = Array.from(
      { length: 100 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    for (const key of keys) await first.at('test', key, clock.now());
    await until(clock, async () => (await left()) === 0);
    expect([...done].sort()).toEqual(keys);
  });
});

it('an outcome that comes while the writing of others comes to its end is written too', async () => {
  const row = { kind: 'test', companyId: 0, generation: 0, attempts: 1, version: null, dueAt: 0, owner: 0 };
  const outcome = (key: string) => ({ row: { ...row, key }, next: null, failed: false });
  for (let turns = 0; turns < 12; turns++) {
    const written: string[] = [];
    const [first, second] = [randomUUID(), randomUUID()];
    const outcomes = new DueOutcomes({
      database,
      clock: systemClock,
      settled: async ({ row: { key } }) => {
        written.push(key);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        if (key === first) outcomes.add(outcome(second));
      },
      failed: (error) => expect.unreachable(String(error)),
    });
    outcomes.add(outcome(first));
    await expect.poll(() => written, { message: `after ${turns} turns` }).toEqual([first, second]);
  }
});

it('twenty nodes may migrate an empty database at once: one does the work', async () => {
  const connection = await freshDatabase();
  const nodes = Array.from({ length: 20 }, () => openDatabase(connection, 1, () => undefined));
  const applied = await Promise.all(nodes.map((node) => migrate(node)));
  expect(applied.filter((count) => count > 0)).toHaveLength(1);
  for (const node of nodes) await node[Symbol.asyncDispose]();
});
