import { wishOf } from '../../modules/sessions/answering/floor/outcome.ts';
import { LOOK_MS, settling, type Floor } from '../../modules/sessions/state/floor.ts';
import { setStatus } from './deeds.ts';
import type { Dice } from './dice.ts';
import { deliver, fire, type Fate } from './happenings.ts';
import { belongs } from './interpreter.ts';
import { broken, LEASE_MS } from './invariants.ts';
import { GRACE_MS, PLACING_LOOK_MS } from './model-session.ts';
import type { World } from './world.ts';

/** I10, I11: without client and people a session ends, and nobody who is away keeps it. */
export function leaveAlone(world: World, dice: Dice): void {
  world.note('everybody goes');
  for (const one of world.people) setStatus(world, one, false);
  world.pauses = 10;
  const { now } = world;
  for (let count = 0; world.committed.floor.at !== 'closed'; count++) {
    if (count > 5_000) broken('I10', 'a session does not end', world.committed.floor);
    goOn(world, dice, dice.oneIn(10) ? 'diesAfter' : 'well');
    checkPresence(world, now);
  }
  const end = world.committed;
  for (let count = 0; count < 50 && world.due.size + world.sent.length > 0; count++) goOn(world, dice, 'well');
  if (world.committed.floor !== end.floor) broken('I6', 'the end moved', end.floor, world.committed.floor);
}

/** I7: with somebody who may take it, a session that waits comes to a person, or its bot went on. */
export function serve(world: World, dice: Dice): void {
  const one = world.people.find(({ id }) => id === 9);
  if (one === undefined || !world.rules.routing) return;
  setStatus(world, one, true);
  waitForPerson(world, dice);
}

/** I7: somebody who is alone, drops off and is back gets what it had, unless it was passed over before for not answering. */
export function comeBack(world: World, dice: Dice): void {
  const { floor } = world.committed;
  const one = floor.at === 'person' ? world.people.find(({ id }) => id === floor.id) : undefined;
  if (one?.usesStatuses !== true || wishOf(floor)?.not.includes(one.id) === true || !world.rules.routing) return;
  world.note('everybody goes, and one comes back');
  for (const each of world.people) setStatus(world, each, false);
  let was: Floor = floor;
  for (let is: Floor = floor; is.at === 'person' && is.id === one.id; is = world.committed.floor) {
    was = is;
    goOn(world, dice, 'well');
  }
  const wish = wishOf(world.committed.floor);
  const idleBefore = was.at === 'person' && was.awaySince === null && wish?.from === 'idle';
  if (wish === null || idleBefore || !belongs(world, wish.group, one.id)) return;
  setStatus(world, one, true);
  waitForPerson(world, dice);
}

/** Until it comes to a person, or its bot went on. */
function waitForPerson(world: World, dice: Dice): void {
  let { floor } = world.committed;
  for (let until = waitTick(world); floor.at === 'queue' || floor.at === 'help';) {
    goOn(world, dice, 'well');
    const after = world.committed.floor;
    if (after.at !== floor.at || settling(after) !== settling(floor)) until = waitTick(world);
    else if (world.now > until) broken('I7', 'a session goes on waiting', floor);
    floor = after;
  }
}

/** When routing has looked at what waits now, were its last decision lost, and the process that runs it. */
function waitTick({ now, committed }: World): number {
  return now + LEASE_MS + (settling(committed.floor) ? PLACING_LOOK_MS : LOOK_MS);
}

/** What was sent arrives; then time goes on to the row that is due next. */
function goOn(world: World, dice: Dice, fate: Fate): void {
  const node = dice.pick(world.nodes);
  const sent = world.sent.shift();
  if (sent !== undefined) {
    deliver(world, node, sent, dice);
    return;
  }
  const [next] = [...world.due].toSorted(([, left], [, right]) => left.at - right.at);
  if (next === undefined) broken('I5', 'nothing is left to wait for', world.committed.floor);
  world.now = Math.max(world.now, next[1].at);
  const [first, ...others] = [...world.due].filter(([, { at }]) => at <= world.now);
  const [kind] = first === undefined ? next : dice.pick([first, ...others]);
  fire(world, node, kind, fate, dice);
}

function checkPresence(world: World, left: number): void {
  const { floor } = world.committed;
  if (floor.at !== 'person') return;
  const one = world.people.find(({ id }) => id === floor.id);
  if (one?.usesStatuses !== true || one.online) return;
  // The lag is that of processes that die in a row.
  const late = Math.max(left, one.since, floor.since) + GRACE_MS + 10 * LEASE_MS;
  if (world.now > late) broken('I11', 'somebody absent keeps a session', floor);
}
