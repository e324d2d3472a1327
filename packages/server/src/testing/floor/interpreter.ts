import { advance } from '../../modules/sessions/answering/floor/advance.ts';
import { asked } from '../../modules/sessions/answering/floor/bot-rows.ts';
import { stateOf } from '../../modules/sessions/answering/floor/cells.ts';
import type {
  Command,
  Facts,
  FloorEvent,
  NamedPerson,
  Refusal,
} from '../../modules/sessions/answering/floor/events.ts';
import { wishOf, type Outcome } from '../../modules/sessions/answering/floor/outcome.ts';
import type { BotInput } from '../../modules/sessions/state/bot-input.ts';
import { documented } from '../../modules/sessions/state/floor-view.ts';
import type { Floor, FollowUp } from '../../modules/sessions/state/floor.ts';
import { checkMove, checkTwice } from './invariants.ts';
import { answerDue, lifeEnds, named, openQuestion, timersOf, type ModelSession } from './model-session.ts';
import { render } from './render.ts';
import type { Draft, World } from './world.ts';

/** More turns than this in one step are a failure. */
const MOST_TURNS = 8;

/** How often each event met each state: what the walks have seen. */
export const visited = new Map<string, number>();

/** Lets something happen in a step, with all that follows; answers what the table refuses, null where it does not. */
export function happen(draft: Draft, event: FloorEvent): Refusal | null {
  let turns = 0;
  for (let next: FloorEvent | null = event; next !== null;) {
    const { floor } = draft.session;
    const cell = `${next.is} ${stateOf(floor)}`;
    visited.set(cell, (visited.get(cell) ?? 0) + 1);
    const outcome = advance(floor, next, factsOf(draft, next));
    if (draft.world.trace !== null) draft.world.note(`  ${cell}: ${render(floor, outcome)}`);
    if ('refused' in outcome) return outcome.refused;
    checkTwice(draft, next, outcome, factsOf);
    moveTo(draft, outcome.floor, next);
    next = null;
    for (const command of outcome.commands) {
      if (command.do === 'turn') turns++;
      next = turns > MOST_TURNS ? failure(draft) : carryOut(draft, command);
    }
  }
  wishTimers(draft);
  return null;
}

/** Lets another floor take the place of the one there is, with the events that follow. */
export function moveTo(draft: Draft, floor: Floor, event: FloorEvent | null): void {
  const { session } = draft;
  if (floor === session.floor) return;
  const fields = documented(floor, session.documented, session.floor, session.failed);
  const log = [...session.log];
  const differs =
    fields.operatorType !== session.documented.operatorType || fields.operatorId !== session.documented.operatorId;
  if (floor.at === 'closed') log.push({ is: 'closed' });
  else if (differs) log.push({ is: 'operatorChanged', operatorId: fields.operatorId });
  const left = new Set(inboxOf(floor));
  const ended = inboxOf(session.floor).filter((id) => !left.has(id));
  if (needsRoute(floor) && !needsRoute(session.floor)) draft.wishes.set('route', draft.now);
  draft.set({ floor, documented: fields, log, ended: [...session.ended, ...ended] });
  checkMove(session, draft.session, event);
}

/** Wishes for the timers that a step made due earlier than those there were. */
function wishTimers(draft: Draft): void {
  const { rules } = draft.world;
  const before = timersOf(draft.before, rules, draft.now);
  for (const [kind, at] of timersOf(draft.session, rules, draft.now)) {
    const known = before.get(kind);
    if (known === undefined || at < known) draft.wishes.set(kind, at);
  }
}

function inboxOf(floor: Floor): readonly string[] {
  return floor.at === 'bot' && floor.phase.is === 'asking' ? floor.phase.inbox.map(({ id }) => id) : [];
}

function needsRoute(floor: Floor): boolean {
  return floor.at === 'help' || (floor.at === 'queue' && floor.stage.is === 'placing');
}

function failure({ session }: Draft): FloorEvent {
  return { is: 'failed', question: openQuestion(session) ?? null };
}

function carryOut(draft: Draft, command: Command): FloorEvent | null {
  const { session } = draft;
  switch (command.do) {
    case 'turn':
      return turn(draft, command.input, command.question);
    case 'begin':
      draft.set({ botId: command.bot.id, failed: false });
      return null;
    case 'join':
      draft.set({ party: [...session.party.filter((id) => id !== command.person.id), command.person.id] });
      return null;
    case 'part':
      draft.set({ party: session.party.filter((id) => id !== command.person) });
      return null;
    case 'ran':
      draft.set({ ran: [...session.ran, command.end] });
      return null;
    case 'failed': {
      const { documented: before, floor } = session;
      draft.set({ failed: true, documented: documented(floor, before, floor, true) });
      return null;
    }
    case 'route':
      draft.wishes.set('route', draft.now);
      return null;
    case 'house':
      draft.set({ lastMessageAt: draft.now });
      return null;
  }
}

function turn(draft: Draft, input: BotInput, question: string): FloorEvent | null {
  const { floor } = draft.session;
  if (floor.at !== 'bot') throw new Error('I2: a turn without a bot on the floor');
  const kind = draft.world.rules.bots[floor.bot.id];
  if (kind === 'here') return answers(draft, openQuestion(draft.session) === question ? question : null);
  if (kind === 'gone') return { is: 'failed', question: null };
  const one = { id: question, input, askedAt: draft.now };
  const outcome: Outcome = asked(floor, one, factsOf(draft, { is: 'botDue', question }));
  if ('refused' in outcome) throw new Error('a question is never refused');
  moveTo(draft, outcome.floor, { is: 'botDue', question });
  for (const command of outcome.commands) carryOut(draft, command);
  return null;
}

/** What a bot comes to, by chance; it may speak meanwhile. */
export function answers(draft: Draft, question: string | null): FloorEvent {
  const { dice, now, world } = draft;
  const { floor } = draft.session;
  if (dice.oneIn(2) && floor.at === 'bot') {
    draft.said.push({ bot: floor.bot.id, question });
    draft.set({ lastMessageAt: now });
  }
  const wishes = (): FloorEvent => {
    const group = dice.pick([null, 'sales', 'support']);
    const wish = { group, note: group === null ? null : `note for ${group}`, fallback: dice.oneIn(2) };
    return { is: 'turnWishes', question, wish };
  };
  switch (dice.below(8)) {
    case 0:
    case 1:
      if (world.pauses-- <= 0) return wishes();
      return { is: 'turnPauses', question, until: now + dice.pick([0, 2_000, 40_000]), typing: dice.oneIn(2) };
    case 2:
    case 3:
      return wishes();
    case 4:
      return { is: 'turnEnds', question, next: world.nextId() };
    case 5:
      return dice.oneIn(2) ? { is: 'failed', question } : { is: 'turnEnds', question, next: world.nextId() };
    default:
      return { is: 'turnWaits', question, deadline: dice.pick([null, now + 10_000]) };
  }
}

/** What an event goes by, read from the session of the step. */
export function factsOf(draft: Pick<Draft, 'session' | 'world' | 'now'>, event: FloorEvent): Facts {
  const { session, world, now } = draft;
  const { rules } = world;
  const { floor, documented: fields } = session;
  const { operatorType: type, operatorId: id, operatorName: name, operatorAssignedAt: since } = fields;
  const about = event.is === 'remove' ? event.person : null;
  return {
    now,
    dialog: rules.dialog,
    banned: rules.banned,
    bot: rules.bots[session.botId] === 'gone' ? null : named(session.botId),
    botSince: type === 'BOT' && id === session.botId ? since : null,
    scripts: scriptsOf(session, world),
    reload: rules.reload === null ? null : named(rules.reload),
    busyText: rules.busyText,
    lifeEnds: lifeEnds(session, rules),
    answerDue: answerDue(session, rules),
    answered: floor.at === 'person' && session.lastOperatorMessageAt >= floor.since,
    party: session.party,
    standIn: standIn(session, world, about),
    last: id === '' ? null : { type, id, name, since },
  };
}

function scriptsOf(session: ModelSession, { rules }: World): Facts['scripts'] {
  const left = Object.entries(rules.scripts).filter(([end]) => !session.ran.includes(end as FollowUp));
  return Object.fromEntries(left.map(([end, id]) => [end, named(id)]));
}

/** A person as the floor is told of it. */
export function personOf(world: World, id: number): NamedPerson {
  const person = world.people.find((one) => one.id === id);
  return { id, name: `P${id}`, away: person?.usesStatuses === true && !person.online };
}

function standIn(session: ModelSession, world: World, leaves: number | null): NamedPerson | null {
  const found = session.party.findLast((id) => {
    const person = world.people.find((one) => one.id === id);
    return id !== leaves && person !== undefined && (person.online || !person.usesStatuses);
  });
  return found === undefined ? null : personOf(world, found);
}

/** Whether the wish of a floor may go to a person. */
export function mayGet(world: World, floor: Floor, id: number): boolean {
  const wish = wishOf(floor);
  const person = world.people.find((one) => one.id === id);
  if (wish === null || person?.online !== true || wish.not.includes(id)) return false;
  return belongs(world, wish.group, id);
}

/** Whether a person may get sessions that wait in a group; null: for anybody of the company. */
export function belongs({ goneGroups }: World, group: string | null, id: number): boolean {
  if (group === null) return true;
  if (goneGroups.has(group)) return false;
  return (group === 'sales' ? [1, 2, 9] : [3, 9]).includes(id);
}
