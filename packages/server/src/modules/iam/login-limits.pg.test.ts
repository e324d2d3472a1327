import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import type { Failure } from '../../platform/failure.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { migratedDatabase } from '../../testing/fresh-database.ts';
import { loginLimits, LoginLimits, type Attempt } from './login-limits.ts';

const MINUTE_MS = 60_000;
const documented = readFileSync(new URL('../../../../../docs/identity.md', import.meta.url), 'utf8');
const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
let database: Database;
let limits: LoginLimits;
beforeAll(async () => {
  database = openDatabase(await migratedDatabase(), 2, () => undefined);
  limits = new LoginLimits(database, clock);
});
beforeEach(() => clock.advance(365 * 86_400_000));
afterAll(() => database[Symbol.asyncDispose]());

let tries = 0;
/** A try that shares with others what is given, and nothing else. */
const another = (shared: Partial<Attempt> = {}): Attempt => ({
  email: `user-${++tries}@test`,
  address: `192.0.${tries >> 8}.${tries & 255}`,
  device: null,
  ...shared,
});

/** The seconds until a try is let through; 0 where it is. */
async function wait(attempt: Attempt): Promise<number> {
  const outcome = await limits.admit(attempt).catch((error: Failure) => error);
  return 'standing' in outcome ? 0 : Number(outcome.headers['retry-after']);
}

/** Wrong passwords, each as soon as it may be tried; answers the seconds they took. */
async function guess(times: number, shared: Partial<Attempt>): Promise<number> {
  let seconds = 0;
  for (let done = 0; done < times; done++) {
    const attempt = another(shared);
    const rest = await wait(attempt);
    clock.advance(rest * 1000);
    seconds += rest;
    await limits.count(await limits.admit(attempt), attempt.email);
  }
  return seconds;
}

const account = { email: 'Guessed@test', address: '198.51.100.7' };
const shared = { account, address: { address: '198.51.100.8' }, device: { ...account, device: 'mark' } };

it.each(['account', 'address'] as const)('an %s rests after as many as it may have, and nothing else', async (name) => {
  const { most, minutes } = loginLimits[name];
  expect(await guess(most, shared[name])).toBe(0);
  const rests = another(shared[name]);
  expect(await wait(rests)).toBe(minutes * 60);
  expect(await wait(another())).toBe(0);
  await limits.sweep();
  clock.advance(minutes * MINUTE_MS - 1000);
  expect(await wait(rests)).toBe(1);
  clock.advance(1000);
  expect(await wait(rests)).toBe(0);
});

it.each(['account', 'address'] as const)('an %s that goes on rests longer, up to a bound', async (name) => {
  const { most, minutes, longest } = loginLimits[name];
  const rests = [];
  for (let round = 0; round < 4; round++) {
    await guess(most, shared[name]);
    rests.push((await wait(another(shared[name]))) / 60);
  }
  expect(rests).toEqual([1, 2, 4, 8].map((times) => Math.min(longest, minutes * times)));
});

it('whoever guesses elsewhere keeps nobody out of the account, and its spelling makes no other one', async () => {
  await guess(10, account);
  expect(await wait({ ...account, email: 'ＧＵＥＳＳＥＤ@TEST', device: null })).toBeGreaterThan(0);
  expect(await wait(another({ email: account.email }))).toBe(0);
});

it('a place that the account was logged in from passes what others did at its address', async () => {
  const owner = another({ address: '198.51.100.9' });
  await limits.know(owner);
  await guess(50, { address: owner.address });
  expect(await wait(another({ address: owner.address }))).toBeGreaterThan(0);
  expect(await limits.admit(owner)).toMatchObject({ standing: 'known' });
  clock.advance(91 * 86_400_000);
  await limits.sweep();
  expect(await limits.admit(owner)).toMatchObject({ standing: 'clean' });
});

it('a known device passes what was done at its address to its own account, and may itself not guess on', async () => {
  await guess(10, account);
  expect(await wait(another(account))).toBeGreaterThan(0);
  expect(await limits.admit(another(shared.device))).toMatchObject({ standing: 'known' });
  await guess(10, shared.device);
  expect(await wait(another(shared.device))).toBeGreaterThan(0);
});

it('an account with failures waits behind those without; a reset forgets them', async () => {
  await guess(10, account);
  const elsewhere = another({ email: account.email });
  expect(await limits.admit(elsewhere)).toMatchObject({ standing: 'failing' });
  await limits.forget('guessed@TEST');
  expect(await limits.admit(elsewhere)).toMatchObject({ standing: 'clean' });
  expect(await wait(another(account))).toBe(0);
});

it('every limit is documented, and nothing else is', () => {
  const rows = [...documented.matchAll(/^\| `(\w+)`\s*\|[^|]*\| (\d+)\s*\| (\d+)\s*\| (\d+)\s*\|$/gm)];
  const limit = ([, name, most, minutes, longest]: string[]) =>
    [name, { most: Number(most), minutes: Number(minutes), longest: Number(longest) }] as const;
  expect(Object.fromEntries(rows.map(limit))).toEqual(loginLimits);
});
