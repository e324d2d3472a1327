import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Changes } from '../../platform/changes.ts';
import { openDatabase, type Database } from '../../platform/database.ts';
import { systemIds } from '../../platform/ids.ts';
import { openLog } from '../../platform/log.ts';
import { Memory } from '../../platform/memory.ts';
import { Vault } from '../../platform/vault.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { migratedDatabase } from '../../testing/fresh-database.ts';
import { testSecrets } from '../../testing/test-app.ts';
import { Bots } from './service.ts';

let database: Database;
let clock: FakeClock;
let bots: Bots;
const companies: number[] = [];
beforeAll(async () => {
  database = openDatabase(await migratedDatabase(), 16, () => undefined);
  for (const name of ['one', 'other']) {
    const insert = { text: 'insert into companies (name) values ($1) returning id' };
    const [row] = await database.query<{ id: number }>(insert, [name]);
    companies.push(row?.id ?? 0);
  }
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => {
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  const ids = systemIds(() => clock.now());
  bots = new Bots({
    database,
    clock,
    ids,
    outgoing: { request: () => Promise.reject(new Error('nobody is asked')) },
    publicUrl: 'https://chat.example',
    companies: { mayWriteTo: async () => true },
    changes: new Changes(openLog('silent', false)),
    memory: new Memory(clock, 64 * 1024 * 1024),
    vault: new Vault(testSecrets(new Uint8Array(32)).dataKeys, ids),
    groups: { find: async () => undefined },
  });
});

/** A scenario of so many blocks. */
function scenarioOf(blocks: number): Record<string, unknown> {
  const names = Array.from({ length: blocks }, (_, index) => `b${index}`);
  const talks = names.map((name, index) => [
    name,
    { type: 'message', text: `Block {x${index}} of a long talk`, next: names[index + 1] ?? 'end' },
  ]);
  const all = { start: { type: 'start', next: 'b0' }, ...Object.fromEntries(talks), end: { type: 'end' } };
  return { version: 1, language: 'en', start: 'start', blocks: all };
}
const make = (company: number, blocks: number): Promise<string> =>
  bots.create(companies[company] ?? 0, null, { name: 'Bot', scenario: scenarioOf(blocks) } as never);
const load = (id: string, company: number) => bots.ready(id, companies[company] ?? 0);

it('a bot is loaded behind those of its own company alone, however many another has', async () => {
  const large = await make(0, 400);
  const user = { id: 1, companyId: companies[0] ?? 0, roles: [] };
  const copyTo = (company: number) => bots.copy(large, user, { companyId: companies[company] ?? 0 });
  const many = await Promise.all(Array.from({ length: 10 }, () => copyTo(0)));
  const theirs = await copyTo(1);
  const done: string[] = [];
  const loading = many.map((id) => load(id, 0).then(() => done.push(id)));
  await Promise.race(loading);
  await load(theirs, 1);
  expect(done.length).toBeLessThan(8);
  await Promise.all(loading);
});

it('a bot that was not changed is believed again without being made anew, and one that was is not', async () => {
  const id = await make(0, 2);
  const first = await load(id, 0);
  clock.advance(61_000);
  expect(await load(id, 0)).toBe(first);
  const change = { text: 'update bots set name = $2, updated_at = $3::timestamptz where id = $1' };
  await database.query(change, [id, 'Other', new Date(clock.now()).toISOString()]);
  clock.advance(61_000);
  expect(await load(id, 0)).toMatchObject({ name: 'Other' });
  const remove = { text: 'update bots set deleted_at = $2, updated_at = $2::timestamptz where id = $1' };
  await database.query(remove, [id, new Date(clock.now()).toISOString()]);
  clock.advance(61_000);
  expect(await load(id, 0)).toBe(undefined);
});

it('too many scenarios of one company at once are refused; another is not', async () => {
  const [row, other] = await Promise.all([0, 1].map(async (n) => bots.get(await make(n, 2), companies[n] ?? 0)));
  if (row === undefined || other === undefined) throw new Error('no bots');
  const checks = Array.from({ length: 70 }, () => bots.advice(row));
  expect(await bots.advice(other)).toEqual([]);
  const refused = (await Promise.allSettled(checks)).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(6);
  expect(refused[0]).toMatchObject({ reason: { code: 'no-room', told: { notice: 'bot-checks-full' } } });
});
