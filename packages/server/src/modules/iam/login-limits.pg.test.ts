import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import type { Failure } from '../../platform/failure.ts';
import { migrate } from '../../platform/migrations.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { loginLimits, LoginLimits } from './login-limits.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const documented = readFileSync(new URL('../../../../../docs/identity.md', import.meta.url), 'utf8');
const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
let database: Database;
let limits: LoginLimits;
beforeAll(async () => {
  database = openDatabase(await freshDatabase(), 2, () => undefined);
  await migrate(database);
  limits = new LoginLimits(database, clock);
});
afterAll(() => database[Symbol.asyncDispose]());

let logins = 0;
/** A login that shares nothing with any other. */
const another = () => ({ account: `user-${++logins}@test`, address: `192.0.${logins >> 8}.${logins & 255}` });

/** The seconds until a login is let in; 0 where it is. */
async function wait({ account, address }: ReturnType<typeof another>): Promise<number> {
  const failure = await limits.check(account, address).catch((error: Failure) => error);
  return failure === undefined ? 0 : Number(failure.headers['retry-after']);
}

describe.each(loginLimits)('at most $most of one $subject in $minutes minutes', ({ subject, most, minutes }) => {
  it('rests what it counts and nothing else, until as many seconds have passed as it says', async () => {
    clock.advance(31 * DAY_MS);
    const guessed = another();
    // As fast as this limit allows: where another one is nearer, this one is never reached.
    const between = Math.floor((minutes * MINUTE_MS) / (most + 1));
    for (let failure = 0; failure < most; failure++) {
      const guess = { ...another(), [subject]: guessed[subject] };
      expect(await wait(guess)).toBe(0);
      await limits.count(guess.account, guess.address);
      clock.advance(between);
    }
    const rests = { ...another(), [subject]: guessed[subject] };
    const seconds = await wait(rests);
    expect(seconds).toBe(Math.ceil((minutes * MINUTE_MS - most * between) / 1000));
    expect(await wait(another())).toBe(0);
    await limits.sweep();
    clock.advance(seconds * 1000 - 1000);
    expect(await wait(rests)).toBe(1);
    clock.advance(1000);
    expect(await wait(rests)).toBe(0);
  });
});

it('every limit is documented, and nothing else is', () => {
  const rows = [...documented.matchAll(/^\| `(\w+)`\s*\| (\d+)\s*\| (\d+)\s*\|$/gm)];
  expect(rows.map(([, subject, most, minutes]) => ({ subject, most: Number(most), minutes: Number(minutes) }))).toEqual(
    loginLimits,
  );
});

it.each(loginLimits)(
  'more failures of one $subject than $most, of guesses at the same time, are waited for',
  async (limit) => {
    clock.advance(31 * DAY_MS);
    const guessed = another();
    for (let failure = 0; failure < limit.most + 3; failure++) {
      const guess = { ...another(), [limit.subject]: guessed[limit.subject] };
      await limits.count(guess.account, guess.address);
      clock.advance(1000);
    }
    const rests = { ...another(), [limit.subject]: guessed[limit.subject] };
    clock.advance((await wait(rests)) * 1000);
    expect(await wait(rests)).toBe(0);
  },
);
