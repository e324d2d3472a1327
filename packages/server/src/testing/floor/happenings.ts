import type { FloorEvent } from '../../modules/sessions/answering/floor/events.ts';
import type { Dice } from './dice.ts';
import { answers, happen, mayGet, moveTo, personOf } from './interpreter.ts';
import { broken, LEASE_MS } from './invariants.ts';
import { answerDue, GRACE_MS, lifeEnds, openQuestion, timersOf, type ModelSession } from './model-session.ts';
import { Draft, type DueKind, type ModelNode, type Sent, type SentToBot, type World } from './world.ts';

/** How often a bot elsewhere is asked the same. */
const MOST_ATTEMPTS = 3;

/** How often a row may come again at once: bots do not pause for no time more often than that. */
const MOST_SPINS = 30;

/** Whatever befalls a process while it runs a due row. */
export type Fate = 'well' | 'diesBefore' | 'diesAfter';

/** A step on a node whose memory is as old as it may be; it is made anew where another node was first. */
export function step<T>(world: World, node: ModelNode, atLeast: number, dice: Dice, work: (draft: Draft) => T): T {
  if (node.memory.version < atLeast) node.memory = world.committed;
  for (;;) {
    const draft = new Draft(world, node.memory, dice);
    const result = work(draft);
    if (draft.session === draft.before && draft.wishes.size === 0) return result;
    if (world.commit(node, draft)) return result;
    world.note('another node was first');
    node.memory = world.committed;
  }
}

/** An event as a step of its own; what goes with it is noted where it is not refused. */
export function tell(
  world: World,
  node: ModelNode,
  dice: Dice,
  event: FloorEvent,
  noted: (session: ModelSession) => Partial<ModelSession> = () => ({}),
): void {
  step(world, node, 0, dice, (draft) => {
    draft.set(noted(draft.session));
    const { session } = draft;
    const refused = happen(draft, event);
    if (refused !== null) {
      if (draft.session !== session) broken('I1', 'a refusal changed something', event, refused);
      draft.session = draft.before;
      return;
    }
    if (event.is === 'operatorSaid') checkSpeaker(draft.session, event.by.id);
  });
}

function checkSpeaker({ floor, party }: ModelSession, id: number): void {
  const may = floor.at === 'person' && (floor.id === id || party.includes(id));
  if (!may) broken('I4', 'somebody spoke who takes no part', id, floor, party);
}

/** Runs a row that is due. What a process that dies has committed, stays; its row comes again. */
export function fire(world: World, node: ModelNode, kind: DueKind, fate: Fate, dice: Dice): void {
  const row = world.due.get(kind);
  if (row === undefined || row.at > world.now) return;
  world.note(kind, fate);
  if (fate === 'diesBefore') {
    row.at = world.now + LEASE_MS;
    return;
  }
  const { wishes, version } = row;
  row.running = true;
  const next = handle(world, node, kind, version, dice);
  row.running = false;
  if (row.wishes !== wishes) return;
  if (fate === 'diesAfter') row.at = world.now + LEASE_MS;
  else if (next === null) world.due.delete(kind);
  else row.at = Math.max(next, world.now);
  checkSpins(world, kind, row.at);
}

/** A row that is due again at once has made no headway. */
function checkSpins(world: World, kind: DueKind, next: number): void {
  const { at, count } = world.spins.get(kind) ?? { at: world.now, count: 0 };
  if (at !== world.now || next > world.now) world.spins.delete(kind);
  else if (count < MOST_SPINS) world.spins.set(kind, { at, count: count + 1 });
  else broken('I5', 'a row comes again at once, for ever', kind, world.committed.floor);
}

function handle(world: World, node: ModelNode, kind: DueKind, version: number, dice: Dice): number | null {
  const { rules, now } = world;
  const look = (event: FloorEvent, timer: 'session-bot' | 'session-wait'): number | null =>
    step(world, node, version, dice, (draft) => {
      happen(draft, event);
      return timersOf(draft.session, rules, now).get(timer) ?? null;
    });
  switch (kind) {
    case 'session-bot':
      return look({ is: 'botDue', question: world.nextId() }, kind);
    case 'session-wait':
      return look({ is: 'waitDue', question: world.nextId() }, kind);
    case 'session-expiry':
      return step(world, node, version, dice, (draft) => {
        happen(draft, { is: 'lifeDue', question: world.nextId() });
        const { session } = draft;
        return session.floor.at === 'closed' ? null : Math.max(lifeEnds(session, rules), now + 5_000);
      });
    case 'session-hold':
      return step(world, node, version, dice, hold);
    case 'session-ask':
      return step(world, node, version, dice, ask);
    case 'route':
      return route(world, node, dice);
    default:
      return presence(world, node, kind, version, dice);
  }
}

function hold(draft: Draft): number | null {
  const { now, world } = draft;
  const { floor } = draft.session;
  if (floor.at !== 'person') return null;
  if (floor.awaySince !== null && floor.awaySince + GRACE_MS <= now) happen(draft, { is: 'gone', person: floor.id });
  else if ((answerDue(draft.session, world.rules) ?? Infinity) <= now) happen(draft, { is: 'answerDue' });
  return timersOf(draft.session, world.rules, now).get('session-hold') ?? null;
}

function ask(draft: Draft): number | null {
  const { now, world } = draft;
  const question = openQuestion(draft.session);
  const { floor } = draft.session;
  if (question === undefined || floor.at !== 'bot' || floor.phase.is !== 'asking') return null;
  const { promised } = floor.phase;
  if (promised !== null && promised > now) return promised;
  const attempts = (world.attempts.get(question) ?? 0) + 1;
  world.attempts.set(question, attempts);
  if (promised === null && attempts <= MOST_ATTEMPTS) {
    world.sent.push({ is: 'call', question, version: draft.before.version });
    return now + LEASE_MS - 1_000;
  }
  happen(draft, { is: 'failed', question });
  return timersOf(draft.session, world.rules, now).get('session-ask') ?? null;
}

function route(world: World, node: ModelNode, dice: Dice): null {
  const { floor, version } = world.committed;
  if (!world.rules.routing || (floor.at !== 'queue' && floor.at !== 'help')) return null;
  const { group } = floor.wish;
  if (group !== null && world.goneGroups.has(group)) {
    step(world, node, version, dice, (draft) => happen(draft, { is: 'groupGone', group }));
    return null;
  }
  const [first, ...others] = world.people.map(({ id }) => id).filter((id) => mayGet(world, floor, id));
  // To the help list it is news alone that somebody is there.
  if (first === undefined && floor.at === 'help') return null;
  world.sent.push({ is: 'decision', version, give: first === undefined ? null : dice.pick([first, ...others]) });
  return null;
}

function presence(world: World, node: ModelNode, kind: DueKind, version: number, dice: Dice): number | null {
  const [what, text] = kind.split(':');
  const person = Number(text);
  const one = world.people.find(({ id }) => id === person);
  if (one === undefined) return null;
  if (what === 'departed') {
    if (one.online) return null;
    if (one.since + GRACE_MS > world.now) return one.since + GRACE_MS;
  }
  const is = what === 'departed' ? 'gone' : one.online ? 'back' : 'away';
  step(world, node, version, dice, (draft) => happen(draft, { is, person }));
  return null;
}

/** Lets something arrive that was on its way. */
export function deliver(world: World, node: ModelNode, sent: Sent, dice: Dice): void {
  world.note('arrives', sent);
  if (sent.is === 'decision') decide(world, node, sent, dice);
  else if (sent.is === 'answer') answer(world, node, sent, dice);
  else callEnds(world, node, sent, dice);
}

/** A decision counts for the version it was made on alone. */
function decide(world: World, node: ModelNode, sent: Extract<Sent, { is: 'decision' }>, dice: Dice): void {
  const { version, give } = sent;
  if (world.committed.version !== version) return;
  const { rules, now } = world;
  step(world, node, version, dice, (draft) => {
    const { floor } = draft.session;
    if (give !== null) {
      const skipped = { offline: 0, paused: 0, full: 0, unskilled: 0, excluded: 0 };
      const why = { rule: 'leastLoaded', of: 1, load: 0, capacity: null, waited: 0, skipped } as const;
      if (mayGet(world, floor, give)) happen(draft, { is: 'given', to: personOf(world, give), why });
    } else if (rules.queue && floor.at === 'queue' && floor.stage.is === 'placing' && dice.oneIn(2)) {
      moveTo(draft, { ...floor, stage: { is: 'waiting', until: now + 60_000, remindAt: null, told: null } }, null);
      draft.wishes.set('session-wait', now + 30_000);
    } else happen(draft, { is: 'none', why: 'nobody', question: world.nextId() });
  });
}

function callEnds(world: World, node: ModelNode, sent: SentToBot, dice: Dice): void {
  const { question, version } = sent;
  switch (dice.below(4)) {
    case 0:
      // Its answer comes later, perhaps more than once, perhaps after what was promised.
      step(world, node, version, dice, (draft) =>
        happen(draft, { is: 'promised', question, until: world.now + 30_000 }),
      );
      for (let copies = dice.below(3); copies > 0; copies--) world.sent.push({ is: 'answer', question, version });
      return;
    case 1:
      return;
    default:
      answer(world, node, sent, dice);
      if (dice.oneIn(3)) world.sent.push({ is: 'answer', question, version });
  }
}

/** An answer to the question that is open; every other is refused, and changes nothing. */
function answer(world: World, node: ModelNode, sent: SentToBot, dice: Dice): void {
  const { question, version } = sent;
  step(world, node, version, dice, (draft) => {
    if (openQuestion(draft.session) !== question) {
      if (openQuestion(world.committed) === question) broken('I15', 'a good answer was refused', question);
      return;
    }
    happen(draft, answers(draft, question));
    if (openQuestion(draft.session) === question) broken('I3', 'a question outlives its answer', question);
  });
}
