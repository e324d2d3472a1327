import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { DueRunner } from '../../../platform/due.ts';
import { noRoom } from '../../../platform/failure.ts';
import { systemIds } from '../../../platform/ids.ts';
import { NodeLease } from '../../../platform/node-lease.ts';
import { Notices } from '../../../platform/notices.ts';
import { migratedDatabase } from '../../../testing/fresh-database.ts';
import { keptLog } from '../../../testing/kept-log.ts';
import { runSql, writeCompany, writeGroup, writeSession, writeUser } from '../../../testing/rows.ts';
import { ROUTE_KIND, routeKey, type Assignment } from '../../sessions/index.ts';
import { seatGuard } from '../../sessions/state/seat-guard.ts';
import { Operators } from '../service.ts';
import { Routing, type RoutingPorts } from './routing.ts';

const { log, messages } = keptLog();
const noticed: string[] = [];
const notices = new Notices(log, systemClock, (notice) => noticed.push(notice));
const wish = { skills: [], prefer: null, not: [] };
const placing = { at: 'queue', wish, offer: null, stage: { is: 'placing', at: 0 } };

/** A node: what it opens, and sessions moved by the statements that sessions move by. */
interface Node {
  readonly database: Database;
  readonly due: DueRunner;
  readonly lease: NodeLease;
  readonly operators: Operators;
  readonly told: string[];
  /** Comes between a look and what it decided. */
  before: (session: string) => Promise<void>;
}

let nodes: Node[];
let database: Database;
let company: number;
beforeAll(async () => {
  const connection = await migratedDatabase();
  const open = () =>
    openDatabase(connection, 8, (error) => {
      throw error;
    });
  database = open();
  nodes = [await newNode(database, 'one'), await newNode(open(), 'two')];
  for (const { due } of nodes) due.start();
});
afterAll(async () => {
  for (const { due, lease } of nodes) {
    await due[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
  }
  for (const one of nodes) await one.database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  company = await writeCompany(database);
  for (const one of nodes) one.before = async () => undefined;
});

function node(at: number): Node {
  const found = nodes[at];
  if (found === undefined) throw new Error('no such node');
  return found;
}

async function newNode(own: Database, name: string): Promise<Node> {
  const lease = await NodeLease.take(own, systemClock, log, { name, alone: false });
  const due = new DueRunner({ database: own, clock: systemClock, log, lease });
  const operators = new Operators({ database: own, clock: systemClock, ids: systemIds(Date.now), due });
  const made: Node = { database: own, due, lease, operators, told: [], before: async () => undefined };
  new Routing({ database: own, clock: systemClock, due, log, notices, sessions: sessionsOf(made) });
  return made;
}

function sessionsOf(made: Node): RoutingPorts['sessions'] {
  const { part, condition } = seatGuard(3);
  const give = {
    name: 'test_give',
    text: `with ${part}, moved as (update sessions set version = version + 1, operator_id = $4::integer::text,
      waits_since = null, waits_in = null, floor = null where id = $1::uuid and version = $2::integer and ${condition}
      returning id) select 1 from moved`,
  };
  const none = {
    name: 'test_none',
    text: `update sessions set version = version + 1, floor = $3::json where id = $1 and version = $2 returning id`,
  };
  return {
    async give(session: string, version: number, { operator, epoch }: Assignment) {
      await made.before(session);
      const rows = await made.database.query(give, [session, version, company, operator.id, epoch]);
      return rows.length === 1;
    },
    async none(session, version, why) {
      await made.before(session);
      made.told.push(`${session} ${why}`);
      return (await made.database.query(none, [session, version, JSON.stringify({ at: 'help', wish })])).length === 1;
    },
    async groupGone(session, _version, groupId) {
      const text = `with moved as (update sessions set version = version + 1, waits_in = null
          where id = $1 and waits_in = $2 returning 1)
        insert into due (kind, key, due_at) select 'route', $3::uuid, now() from moved on conflict do nothing`;
      await made.database.query({ text }, [session, groupId, routeKey(company, null)]);
    },
  };
}

const waits = (more: object = {}) =>
  writeSession(database, { companyId: company, floor: placing, waitsSince: Date.now(), ...more });
const inHelp = (more: object = {}) => waits({ floor: { at: 'help', wish }, ...more });

/** Wishes for runs and waits until no timer of them is left. */
async function route(...keys: string[]): Promise<void> {
  const runs = keys.map((key, at) => node(at % nodes.length).due.at(ROUTE_KIND, key, Date.now()));
  await Promise.all(runs);
  await settled();
}

async function settled(): Promise<void> {
  const left = () => runSql(database, `select kind, key from due where kind in ('route', 'route-operator')`);
  await expect.poll(left).toEqual([]);
}

async function answersIn(session: string): Promise<number> {
  const [row] = await runSql<{ operator_id: string }>(database, 'select operator_id from sessions where id = $1', [
    session,
  ]);
  return Number(row?.operator_id);
}

async function loads(): Promise<Record<string, number>> {
  const rows = await runSql<{ operator_id: string; count: number }>(
    database,
    `select operator_id, count(*)::integer as count from sessions where company_id = $1 and waits_since is null
      group by operator_id order by operator_id::integer`,
    [company],
  );
  return Object.fromEntries(rows.map((row) => [row.operator_id, row.count]));
}

/** A call of a user who answers. */
const caller = (id: number) => ({ id, companyId: company, roles: ['OPERATOR'] });

describe('a run', () => {
  it('gives those who wait in a group to its people, and tells whoever was just handed over where nobody is there', async () => {
    const [olga, ivan, outside] = [await newUser(), await newUser(), await newUser()];
    const group = await writeGroup(database, company, [olga, ivan]);
    for (const _ of [1, 2]) await waits({ waitsIn: group });
    const anybody = await waits();
    await route(routeKey(company, group));
    expect(await loads()).toEqual({ [olga]: 1, [ivan]: 1 });
    await route(routeKey(company, null));
    expect(await answersIn(anybody)).toBe(outside);
    const empty = await writeGroup(database, company, []);
    const [fresh, old] = [await waits({ waitsIn: empty }), await inHelp({ waitsIn: empty })];
    await route(routeKey(company, empty));
    expect([await answersIn(fresh), await answersIn(old)]).toEqual([0, 0]);
    expect(nodes.flatMap(({ told }) => told)).toEqual([`${fresh} nobody`]);
  });

  it('goes on until nobody waits, however many there are', async () => {
    const olga = await newUser();
    for (let at = 0; at < 150; at++) await inHelp();
    await route(routeKey(company, null));
    expect(await loads()).toEqual({ [olga]: 150 });
  });

  it('looks again where a session or a seat moved on since it looked', async () => {
    const [olga, ivan] = [await newUser(), await newUser()];
    const [written, taken] = [await waits(), await waits()];
    const moves = [
      () => runSql(database, 'update sessions set version = version + 1 where id = $1', [written]),
      () => node(1).operators.deactivate(caller(ivan)),
    ];
    // Whichever of them takes the run.
    for (const one of nodes) one.before = async () => void (await moves.shift()?.());
    await route(routeKey(company, null));
    expect([await answersIn(written), await answersIn(taken)]).toEqual([olga, olga]);
    expect(moves).toEqual([]);
  });

  it('fills everybody to the capacity and nobody beyond, whoever else decides at the same time', async () => {
    const people = [await newUser(7), await newUser(7), await newUser(7)];
    const groups = [await writeGroup(database, company, people), await writeGroup(database, company, people)];
    for (let at = 0; at < 30; at++) await inHelp({ waitsIn: groups[at % 2] ?? null });
    for (let at = 0; at < 10; at++) await inHelp();
    await route(...groups, routeKey(company, null));
    expect(await loads()).toEqual(Object.fromEntries(people.map((id) => [id, 7])));
    const seats = await runSql(database, 'select distinct epoch from seats where company_id = $1', [company]);
    expect(seats).toEqual([{ epoch: 7 }]);
  });

  it('serves the others where one session fails, and comes back for it', async () => {
    const olga = await newUser();
    const [broken, other] = [await waits(), await waits()];
    let failures = 0;
    for (const one of nodes) {
      one.before = async (session) => {
        if (session === broken && failures++ === 0) throw new Error('broken');
      };
    }
    await route(routeKey(company, null));
    expect([await answersIn(broken), await answersIn(other), failures]).toEqual([olga, olga, 2]);
    expect(messages.splice(0)).toEqual(['a session cannot be routed and is tried again']);
  });

  it('tells of one there was no room for as its bound is told of, and not as of a fault', async () => {
    const olga = await newUser();
    const refused = await waits();
    for (const one of nodes) {
      one.before = async () => {
        if (noticed.length === 0) throw noRoom('step-overtaken');
      };
    }
    await route(routeKey(company, null));
    expect([await answersIn(refused), noticed]).toEqual([olga, ['step-overtaken']]);
    expect(messages.filter((words) => words.includes('cannot be routed'))).toEqual([]);
  });
});

it('a session that fails again and again keeps nobody waiting who comes while it does', async () => {
  const olga = await newUser();
  const broken = await waits();
  let late: string | undefined;
  let failing = true;
  for (const one of nodes) {
    one.before = async (session) => {
      if (session !== broken || !failing) return;
      // Somebody is handed over while the run that fails is under way.
      if (late === undefined) {
        late = await waits();
        await node(1).due.at(ROUTE_KIND, routeKey(company, null), Date.now());
      }
      throw new Error('broken');
    };
  }
  await node(0).due.at(ROUTE_KIND, routeKey(company, null), Date.now());
  await expect.poll(async () => late !== undefined && (await answersIn(late))).toBe(olga);
  failing = false;
  await settled();
  expect(await answersIn(broken)).toBe(olga);
});

describe('whoever waits for help is looked at', () => {
  it('when somebody comes online: in his groups, and among those for anybody where he is an operator', async () => {
    const olga = await newUser(null, 'OFFLINE');
    const sveta = await newUser(null, 'OFFLINE', ['SUPERVISOR']);
    const group = await writeGroup(database, company, [olga, sveta]);
    const [grouped, anybody] = [await inHelp({ waitsIn: group }), await inHelp()];
    await node(0).operators.activate(caller(sveta));
    await settled();
    expect([await answersIn(grouped), await answersIn(anybody)]).toEqual([sveta, 0]);
    await node(0).operators.activate(caller(olga));
    await settled();
    expect(await answersIn(anybody)).toBe(olga);
  });

  it('when somebody joins the group', async () => {
    const [olga, ivan] = [await newUser(1), await newUser(1)];
    const group = await writeGroup(database, company, []);
    const sessions = [await inHelp({ waitsIn: group, waitsSince: 1 }), await inHelp({ waitsIn: group, waitsSince: 2 })];
    await node(0).operators.addToGroup(company, group, olga);
    await settled();
    await node(0).operators.updateGroup(company, group, { operatorIds: [ivan] });
    await settled();
    expect(await Promise.all(sessions.map(answersIn))).toEqual([olga, ivan]);
    const seats = await runSql(database, 'select epoch from seats where company_id = $1 order by user_id', [company]);
    // One session each; what was seen while she was of the group is void.
    expect(seats).toEqual([{ epoch: 2 }, { epoch: 1 }]);
    await node(0).operators.removeFromGroup(company, group, ivan);
    const [after] = await runSql(database, 'select epoch from seats where user_id = $1', [ivan]);
    expect(after).toEqual({ epoch: 2 });
  });

  it('when the group is deleted: anybody of the company may get it then', async () => {
    const olga = await newUser();
    const group = await writeGroup(database, company, []);
    const sessions = [await inHelp({ waitsIn: group }), await waits({ waitsIn: group })];
    await node(0).operators.deleteGroup(company, group);
    await settled();
    expect(await Promise.all(sessions.map(answersIn))).toEqual([olga, olga]);
  });
});

function newUser(capacity: number | null = null, status = 'ONLINE', roles = ['OPERATOR']): Promise<number> {
  return writeUser(database, company, { capacity, status, roles });
}
