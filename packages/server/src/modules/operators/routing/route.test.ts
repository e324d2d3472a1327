import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGEING_MS, route, type Decision } from './route.ts';
import type { Seat, Snapshot, Waiting } from './waiting.ts';

const NOW = 100 * AGEING_MS;
/** Beside the past, an instant that is not over yet. */
const until = fc.constantFrom(NOW - 1, NOW, NOW + 1);
const skill = fc.constantFrom('english', 'law');

function seat(id: number, more: Partial<Omit<Seat, 'operator'>> & { status?: Seat['operator']['status'] } = {}): Seat {
  const { status = 'ONLINE', ...others } = more;
  const person = { id, name: `P${id}`, avatar: null, canAnswer: true, statusSince: 0, usesStatuses: true };
  const free = { epoch: 0, capacity: null, load: 0, givenAt: 0, skills: {} };
  return { operator: { ...person, status }, ...free, ...others };
}

function waiting(session: string, more: Partial<Waiting> = {}): Waiting {
  const wish = { skills: [], prefer: null, not: [] };
  return { session, version: 1, stage: 'placing', since: NOW, priority: 0, wish, ...more };
}

const someSeat = fc.record({
  status: fc.constantFrom('ONLINE' as const, 'ONLINE' as const, 'PAUSE' as const, 'OFFLINE' as const),
  epoch: fc.nat(9),
  capacity: fc.option(fc.nat(4)),
  load: fc.nat(5),
  givenAt: fc.nat(4),
  skills: fc.dictionary(skill, fc.nat(3), { maxKeys: 2 }),
});
const someWaiting = fc.record({
  version: fc.nat(99),
  stage: fc.constantFrom('placing' as const, 'queue' as const, 'help' as const),
  since: fc.integer({ min: NOW - 3 * AGEING_MS, max: NOW + 10 }),
  priority: fc.integer({ min: -1, max: 2 }),
  wish: fc.record({
    skills: fc.array(fc.record({ name: skill, level: fc.nat(3), until: fc.option(until) }), { maxLength: 1 }),
    prefer: fc.option(fc.record({ person: fc.nat(7), until })),
    not: fc.array(fc.nat(7), { maxLength: 2 }),
  }),
});
const snapshots = fc
  .record({ seats: fc.array(someSeat, { maxLength: 7 }), waiting: fc.array(someWaiting, { maxLength: 12 }) })
  .map((found): Snapshot => ({
    now: NOW,
    seats: found.seats.map((one, id) => seat(id, one)),
    waiting: found.waiting.map((one, at) => waiting(`session ${at}`, one)),
  }));

const given = (decisions: readonly Decision[]) => decisions.filter((one) => one.is === 'give');

/** What is refused to a person whatever its load: said again here, in the words of the design. */
function mayGet({ operator, skills }: Seat, { wish }: Waiting): boolean {
  const met = wish.skills.every(
    (one) => (one.until !== null && NOW >= one.until) || (skills[one.name] ?? 0) >= one.level,
  );
  return operator.status === 'ONLINE' && met && !wish.not.includes(operator.id);
}

function always(holds: (snapshot: Snapshot, decisions: Decision[]) => void): void {
  fc.assert(
    fc.property(snapshots, (snapshot) => holds(snapshot, route(snapshot))),
    { numRuns: 500 },
  );
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not in the snapshot');
  return value;
}

const seatOf = ({ seats }: Snapshot, id: number) => found(seats.find(({ operator }) => operator.id === id));
const waitingOf = (snapshot: Snapshot, session: string) =>
  found(snapshot.waiting.find((one) => one.session === session));

/** Loads as they are after the first decisions. */
function loadsAfter({ seats }: Snapshot, decisions: readonly Decision[]): Map<number, number> {
  const loads = new Map(seats.map(({ operator, load }) => [operator.id, load]));
  for (const { operator } of given(decisions)) loads.set(operator.id, (loads.get(operator.id) ?? 0) + 1);
  return loads;
}

const hasRoom = ({ operator, capacity }: Seat, loads: Map<number, number>) =>
  capacity === null || (loads.get(operator.id) ?? 0) < capacity;

describe('a run of routing, whatever it finds', () => {
  it('never exceeds a capacity, and gives nothing to the offline, paused, excluded or unskilled', () => {
    always((snapshot, decisions) => {
      for (const [at, one] of decisions.entries()) {
        if (one.is !== 'give') continue;
        const to = seatOf(snapshot, one.operator.id);
        expect(mayGet(to, waitingOf(snapshot, one.session))).toBe(true);
        expect(hasRoom(to, loadsAfter(snapshot, decisions.slice(0, at)))).toBe(true);
      }
    });
  });

  it('leaves nobody waiting for whom somebody has room', () => {
    always((snapshot, decisions) => {
      const loads = loadsAfter(snapshot, decisions);
      const served = new Set(given(decisions).map(({ session }) => session));
      for (const one of snapshot.waiting.filter(({ session }) => !served.has(session))) {
        expect(snapshot.seats.filter((to) => mayGet(to, one) && hasRoom(to, loads))).toEqual([]);
      }
    });
  });

  it('serves none before an older one of the same priority that asks for the same', () => {
    always((snapshot, decisions) => {
      const served = new Set(given(decisions).map(({ session }) => session));
      for (const younger of snapshot.waiting.filter(({ session }) => served.has(session))) {
        const passedOver = snapshot.waiting.filter(
          ({ session, since, priority, stage, wish }) =>
            since < younger.since &&
            priority === younger.priority &&
            (stage === 'help') === (younger.stage === 'help') &&
            JSON.stringify(wish) === JSON.stringify(younger.wish) &&
            !served.has(session),
        );
        expect(passedOver).toEqual([]);
      }
    });
  });

  it('prefers whom the wish names, else takes the least burdened, of equals the one given a session longest ago', () => {
    always((snapshot, decisions) => {
      for (const [at, one] of decisions.entries()) {
        if (one.is !== 'give') continue;
        const loads = loadsAfter(snapshot, decisions.slice(0, at));
        const burden = ({ operator, capacity }: Seat) => (loads.get(operator.id) ?? 0) / (capacity ?? 1);
        const { wish } = waitingOf(snapshot, one.session);
        const able = snapshot.seats.filter((to) => mayGet(to, waitingOf(snapshot, one.session)) && hasRoom(to, loads));
        const preferred =
          able.some(({ operator }) => operator.id === wish.prefer?.person) && NOW < (wish.prefer?.until ?? 0);
        const chosen = seatOf(snapshot, one.operator.id);
        const lowest = Math.min(...able.map(burden));
        const before = given(decisions.slice(0, at)).map(({ operator }) => operator.id);
        const turn = ({ operator, givenAt }: Seat) => [before.lastIndexOf(operator.id), givenAt] as const;
        const earlier = able.filter((to) => {
          const [[run, stored], [ownRun, ownStored]] = [turn(to), turn(chosen)];
          return burden(to) === lowest && (run < ownRun || (run === ownRun && stored < ownStored));
        });
        if (preferred) expect([one.operator.id, one.why.rule]).toEqual([wish.prefer?.person, 'preferred']);
        else {
          expect([burden(chosen), earlier]).toEqual([lowest, []]);
          const rule = able.filter((to) => burden(to) === lowest).length > 1 ? 'longestSince' : 'leastLoaded';
          expect(one.why.rule).toBe(rule);
        }
        const { offline, paused, full, unskilled, excluded } = one.why.skipped;
        expect(one.why.of).toBe(able.length);
        expect(one.why.of + offline + paused + full + unskilled + excluded).toBe(snapshot.seats.length);
        expect(one.why).toMatchObject({ load: loads.get(one.operator.id), capacity: chosen.capacity });
      }
    });
  });

  it('finds each seat at the epoch that its own decisions leave, and each session at the version it was seen at', () => {
    always((snapshot, decisions) => {
      const epochs = new Map(snapshot.seats.map(({ operator, epoch }) => [operator.id, epoch]));
      for (const { session, version } of decisions) expect(version).toBe(waitingOf(snapshot, session).version);
      for (const { operator, epoch } of given(decisions)) {
        expect(epoch).toBe(epochs.get(operator.id));
        epochs.set(operator.id, epoch + 1);
      }
    });
  });

  it('decides once on each: whoever was just handed over hears something, those in the queue have places from 1', () => {
    always((snapshot, decisions) => {
      const decided = decisions.map(({ session }) => session);
      expect(new Set(decided).size).toBe(decided.length);
      const stages = (is: Decision['is']) =>
        new Set(decisions.filter((one) => one.is === is).map(({ session }) => waitingOf(snapshot, session).stage));
      expect([...stages('none')].every((stage) => stage === 'placing')).toBe(true);
      expect([...stages('stay')].every((stage) => stage === 'queue')).toBe(true);
      const undecided = snapshot.waiting.filter(({ session }) => !decided.includes(session));
      expect(undecided.every(({ stage }) => stage === 'help')).toBe(true);
      const places = decisions.flatMap((one) => (one.is === 'stay' ? [one.position] : []));
      expect(places).toEqual(places.map((_, at) => at + 1));
    });
  });

  it('does not depend on the order in which the database answers', () => {
    fc.assert(
      fc.property(snapshots, ({ now, waiting: waits, seats }) => {
        const turned = { now, waiting: waits.toReversed(), seats: seats.toReversed() };
        expect(route(turned)).toEqual(route({ now, waiting: waits, seats }));
      }),
    );
  });
});

describe('who is served first', () => {
  const order = (waits: Waiting[]) =>
    given(route({ now: NOW, waiting: waits, seats: [seat(1)] })).map(({ session }) => session);

  it('is who is more urgent, then who has waited longest; the help list comes after the queue', () => {
    expect(
      order([
        waiting('help', { stage: 'help', priority: 2, since: NOW - 30 }),
        waiting('young', { since: NOW - 10 }),
        waiting('old', { stage: 'queue', since: NOW - 20 }),
        waiting('urgent', { priority: 1 }),
      ]),
    ).toEqual(['urgent', 'old', 'young', 'help']);
  });

  it('becomes urgent by waiting', () => {
    const urgent = waiting('urgent', { priority: 1 });
    expect(order([urgent, waiting('patient', { since: NOW - AGEING_MS + 1 })])).toEqual(['urgent', 'patient']);
    expect(order([urgent, waiting('patient', { since: NOW - AGEING_MS })])).toEqual(['patient', 'urgent']);
  });
});

describe('why somebody was given a session', () => {
  it('names the rule and what was seen', () => {
    const seats = [
      seat(1, { load: 1, capacity: 4 }),
      seat(2, { load: 2, capacity: 4 }),
      seat(3, { status: 'PAUSE' }),
      seat(4, { load: 5, capacity: 5 }),
      seat(5),
    ];
    const wish = { skills: [], prefer: null, not: [5] };
    const [one] = given(route({ now: NOW, waiting: [waiting('one', { since: NOW - 7, wish })], seats }));
    expect(one?.operator.id).toBe(1);
    expect(one?.why).toEqual({
      rule: 'leastLoaded',
      of: 2,
      load: 1,
      capacity: 4,
      waited: 7,
      skipped: { offline: 0, paused: 1, full: 1, unskilled: 0, excluded: 1 },
    });
  });
});
