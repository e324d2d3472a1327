import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { migratedDatabase } from '../../../testing/fresh-database.ts';
import { runSql, writeCompany, writeGroup, writeSession, writeUser } from '../../../testing/rows.ts';
import { routeKey } from '../../sessions/index.ts';
import { HEADS, readSnapshot } from './snapshot.ts';

const NOW = Date.parse('2026-01-28T12:00:00.123Z');
const wish = { skills: [], prefer: { person: 7, until: NOW }, not: [9] };
const placing = { at: 'queue', wish, offer: null, stage: { is: 'placing', at: NOW } };
const queued = { ...placing, stage: { is: 'waiting', until: null, remindAt: null, told: null } };
const help = { at: 'help', wish: { ...wish, not: [] }, since: NOW, lookAt: NOW, why: 'nobody' };

let database: Database;
let company: number;
beforeAll(async () => {
  database = openDatabase(await migratedDatabase(), 4, (error) => {
    throw error;
  });
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  company = await writeCompany(database);
});

const read = (groupId: string | null) => readSnapshot(database, routeKey(company, groupId), NOW);

describe('one look at a group', () => {
  it('shows who waits in it, as their floors say; a floor that was never written is the help list', async () => {
    const group = await writeGroup(database, company, [await writeUser(database, company)]);
    const other = await writeGroup(database, company, []);
    const write = (floor: object | null, waitsIn: string | null, priority = 0) =>
      writeSession(database, { companyId: company, floor, waitsIn, waitsSince: NOW - 5, priority });
    const ids = [await write(placing, group), await write(queued, group, 3), await write(help, group)];
    const old = await write(null, group);
    await write(placing, other);
    const anybody = await write(placing, null);
    await writeSession(database, { companyId: company, floor: { at: 'person', id: 1 }, operatorId: 1 });
    const { waiting } = (await read(group)) ?? {};
    const common = { version: 1, since: NOW - 5, priority: 0 };
    expect(new Map(waiting?.map((one) => [one.session, one]))).toEqual(
      new Map(
        [
          { ...common, session: ids[0], stage: 'placing', wish },
          { ...common, session: ids[1], stage: 'queue', wish, priority: 3 },
          { ...common, session: ids[2], stage: 'help', wish: help.wish },
          { ...common, session: old, stage: 'help', wish: { skills: [], prefer: null, not: [] } },
        ].map((one) => [one.session, one]),
      ),
    );
    expect((await read(null))?.waiting.map(({ session }) => session)).toEqual([anybody]);
  });

  it('shows the first of many, and beside them whoever hears nothing yet', async () => {
    const group = await writeGroup(database, company, [await writeUser(database, company)]);
    const write = (floor: object, waitsSince: number, priority = 0) =>
      writeSession(database, { companyId: company, floor, waitsIn: group, waitsSince, priority });
    for (let at = 0; at < HEADS; at++) await write(help, NOW - 1000 + at);
    expect(await read(group)).toMatchObject({ more: true });
    const unseen = await write(help, NOW);
    const urgent = await write(help, NOW, 1);
    const fresh = await write(placing, NOW);
    const shown = new Set((await read(group))?.waiting.map(({ session }) => session));
    expect([shown.size, shown.has(unseen), shown.has(urgent), shown.has(fresh)]).toEqual([
      HEADS + 1,
      false,
      true,
      true,
    ]);
  });

  it('shows those that somebody there may take, however many stand before them that nobody may', async () => {
    const [olga, away] = [
      await writeUser(database, company),
      await writeUser(database, company, { status: 'OFFLINE' }),
    ];
    const group = await writeGroup(database, company, [olga, away]);
    const write = (not: readonly number[], waitsSince: number) =>
      writeSession(database, {
        companyId: company,
        floor: { ...help, wish: { ...wish, not } },
        waitsIn: group,
        waitsSince,
      });
    for (let at = 0; at < HEADS; at++) await write([olga], NOW - 1000 + at);
    const ids = [await write([away], NOW), await write([], NOW + 1)];
    const { waiting = [], more } = (await read(group)) ?? {};
    expect(new Set(waiting.map(({ session }) => session))).toEqual(new Set(ids));
    expect(more).toBe(false);
  });

  it('shows its people who may answer, with status, capacity, epoch and load', async () => {
    const busy = await writeUser(database, company, { capacity: 5 });
    const paused = await writeUser(database, company, { status: 'PAUSE', roles: ['SUPERVISOR'] });
    const api = await writeUser(database, company, { roles: ['API'] });
    const blocked = await writeUser(database, company);
    await runSql(database, 'update users set blocked_at = now() where id = $1', [blocked]);
    const outside = await writeUser(database, company);
    const group = await writeGroup(database, company, [busy, paused, api, blocked]);
    await runSql(database, 'update seats set epoch = 3, status_at = $2 where user_id = $1', [
      busy,
      new Date(NOW).toISOString(),
    ]);
    const elsewhere = await writeCompany(database);
    for (const session of [
      { operatorId: busy },
      { operatorId: busy },
      { operatorId: busy, closed: true },
      { operatorId: busy, companyId: elsewhere },
      // What waits goes on naming who answered before, and burdens nobody.
      { operatorId: busy, floor: placing, waitsSince: NOW },
      { operatorId: paused },
    ]) {
      await writeSession(database, { companyId: company, ...session });
    }
    const { seats = [] } = (await read(group)) ?? {};
    expect(seats.map(({ operator }) => operator.id).toSorted((a, b) => a - b)).toEqual([busy, paused]);
    expect(seats.find(({ operator }) => operator.id === busy)).toMatchObject({
      operator: { canAnswer: true, status: 'ONLINE', statusSince: NOW, usesStatuses: true, avatar: null },
      capacity: 5,
      epoch: 3,
      load: 2,
      givenAt: 0,
    });
    const company1 = await read(null);
    expect(company1?.seats.map(({ operator }) => operator.id).toSorted((a, b) => a - b)).toEqual([busy, outside]);
  });

  it('is none where the group is gone', async () => {
    expect(await read(crypto.randomUUID())).toBeUndefined();
    expect(await read(null)).toEqual({ now: NOW, waiting: [], seats: [], more: false });
  });
});
