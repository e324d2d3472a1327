import type { Why } from '../../sessions/index.ts';
import type { Seat, Waiting } from './waiting.ts';

/** The seat that gets a session, and why; undefined where nobody can. */
export function chooseSeat<S extends Seat>(
  { wish, since }: Waiting,
  seats: readonly S[],
  now: number,
): { seat: S; why: Why } | undefined {
  const skipped = { offline: 0, paused: 0, full: 0, unskilled: 0, excluded: 0 };
  const able: S[] = [];
  for (const seat of seats) {
    const obstacle = obstacleOf(seat, wish, now);
    if (obstacle === null) able.push(seat);
    else skipped[obstacle]++;
  }
  const [first, second] = able.length < 2 ? able : firstTwo(able);
  if (first === undefined) return undefined;
  const preferred = able.find(({ operator }) => operator.id === wish.prefer?.person && now < wish.prefer.until);
  const seat = preferred ?? first;
  const alone = second === undefined || burden(first) < burden(second);
  const rule = preferred !== undefined ? 'preferred' : alone ? 'leastLoaded' : 'longestSince';
  const { load, capacity } = seat;
  return { seat, why: { rule, of: able.length, load, capacity, waited: Math.max(0, now - since), skipped } };
}

/** Why somebody cannot get a session; null where it can. */
function obstacleOf(seat: Seat, { skills, not }: Waiting['wish'], now: number): keyof Why['skipped'] | null {
  if (seat.operator.status === 'OFFLINE') return 'offline';
  if (seat.operator.status === 'PAUSE') return 'paused';
  if (seat.capacity !== null && seat.load >= seat.capacity) return 'full';
  // A skill is asked for until it is given up, so that a rare one does not keep a client waiting for ever.
  const asked = skills.filter(({ until }) => until === null || now < until);
  if (asked.some(({ name, level }) => (seat.skills[name] ?? 0) < level)) return 'unskilled';
  return not.includes(seat.operator.id) ? 'excluded' : null;
}

/** Who is first in turn and who is next: the least burdened, then whoever was given one longest ago. */
function firstTwo<S extends Seat>(seats: readonly S[]): S[] {
  const [first, ...others] = seats;
  let [best, next] = [first as S, undefined as S | undefined];
  for (const seat of others) {
    if (before(seat, best)) [best, next] = [seat, best];
    else if (next === undefined || before(seat, next)) next = seat;
  }
  return next === undefined ? [best] : [best, next];
}

function before(one: Seat, other: Seat): boolean {
  const difference = burden(one) - burden(other) || one.givenAt - other.givenAt || one.operator.id - other.operator.id;
  return difference < 0;
}

/** How full somebody is; for whom any number is right, the number itself counts. */
function burden({ load, capacity }: Seat): number {
  return load / (capacity ?? 1);
}
