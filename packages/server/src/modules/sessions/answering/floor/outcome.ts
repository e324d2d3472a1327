import {
  LOOK_MS,
  type BotFloor,
  type ClosedFloor,
  type CloseReason,
  type Floor,
  type FollowUp,
  type HelpFloor,
  type PersonFloor,
  type Phase,
  type QueueFloor,
  type Wish,
} from '../../state/floor.ts';
import type { Command, Facts, NamedBot, NamedPerson, Refusal } from './events.ts';

/** What an event comes to: another floor and what is to be done, or a refusal that changes nothing. */
export type Outcome = { readonly floor: Floor; readonly commands: readonly Command[] } | { readonly refused: Refusal };

/** How long routing may take to decide before the session is looked at without it. */
export const PLACING_MS = 30_000;
/** How often a bot's own branch for nobody being there is taken. */
const MOST_MISSES = 3;

const nothing: readonly Command[] = [];

/** The event changes nothing: the same floor, the very object. */
export function same(floor: Floor): Outcome {
  return { floor, commands: nothing };
}

/** The floor with what is to be done. */
export function becomes(floor: Floor, ...commands: Command[]): Outcome {
  return { floor, commands: commands.length === 0 ? nothing : commands };
}

/** The event is not possible here. */
export function refuse(refused: Refusal): Outcome {
  return { refused };
}

/** Nothing more is taken where everything is over. */
export function refuseOver(facts: Facts): Outcome {
  return refuse(facts.dialog ? 'dialog-ended' : 'session-closed');
}

/** A bot that begins on the floor. */
export function beginBot(bot: NamedBot, role: BotFloor['role'], wish: Wish | null, now: number): BotFloor {
  return { at: 'bot', bot, since: now, phase: { is: 'waiting', deadline: null }, role, wish };
}

/** The script that begins for an end, or nothing where the chat has none or it ran. */
export function followUp(end: FollowUp, wish: Wish | null, question: string, facts: Facts): Outcome | undefined {
  const bot = facts.scripts[end];
  if (bot === undefined) return undefined;
  return becomes(
    beginBot(bot, end, wish, facts.now),
    { do: 'ran', end },
    { do: 'begin', bot },
    { do: 'turn', input: { kind: 'start' }, question },
  );
}

const reasonOf: Readonly<Record<FollowUp, CloseReason>> = {
  botEnded: 'bot',
  operatorEnded: 'operator',
  clientTimeout: 'expired',
  operatorNotFound: 'bot',
};

/** The script for an end, else the end; after a follow-up it is the end that began it. */
export function endOrFollow(floor: Floor, end: FollowUp, question: string, facts: Facts): Outcome {
  const began = floor.at === 'bot' && floor.role in reasonOf ? (floor.role as FollowUp) : end;
  return followUp(end, null, question, facts) ?? becomes(closed(reasonOf[began], facts));
}

/** The end. */
export function closed(by: CloseReason, facts: Facts): ClosedFloor {
  return { at: 'closed', when: facts.now, last: facts.last, by };
}

/** The wish a floor has, if any. */
export function wishOf(floor: Floor): Wish | null {
  return floor.at === 'closed' ? null : floor.wish;
}

/** A new wish for people, which keeps what the one before it knew and it does not say. */
export function wished(
  before: Wish | null,
  asked: Pick<Wish, 'else' | 'from'> & { readonly group: string | null; readonly note: string | null },
  now: number,
): Wish {
  return {
    group: asked.group ?? before?.group ?? null,
    since: before?.since ?? now,
    priority: before?.priority ?? 0,
    note: asked.note ?? before?.note ?? null,
    skills: before?.skills ?? [],
    prefer: before?.prefer ?? null,
    not: before?.not ?? [],
    else: asked.else,
    misses: before?.misses ?? 0,
    busyTold: before?.busyTold ?? false,
    from: asked.from,
  };
}

/** Routing is to decide. */
export function placing(wish: Wish, now: number): QueueFloor {
  return { at: 'queue', wish, offer: null, stage: { is: 'placing', at: now } };
}

/** A person answers from now on. */
export function personTakes(
  floor: Floor,
  to: NamedPerson,
  by: 'routing' | 'named' | 'took' | 'passedOn',
  facts: Facts,
  why: Extract<Floor, { at: 'person' }>['why'] = null,
): Outcome {
  const { now } = facts;
  const person: Floor = {
    at: 'person',
    id: to.id,
    name: to.name,
    since: now,
    awaySince: to.away ? now : null,
    wish: wishOf(floor),
    by,
    why,
  };
  return becomes(person, { do: 'join', person: to });
}

/**
 * A person does not answer, is gone or was taken out: others are looked for, and never the bot's own branch, which nobody
 * asked to come back. Who was there and did not answer, or was taken out, is not asked again; who was away may be, once
 * it is back: the session would wait for ever where nobody else is.
 */
export function passOn(floor: PersonFloor, from: 'idle' | 'offline' | 'person', facts: Facts): Outcome {
  const wish = wished(floor.wish, { group: null, note: null, else: 'script', from }, facts.now);
  const wasThere = from === 'person' || (from === 'idle' && floor.awaySince === null);
  // Who answered was a fresh beginning: those who did not before may be asked again.
  const before = facts.answered ? [] : wish.not;
  const not = wasThere ? [...before.filter((id) => id !== floor.id), floor.id] : before;
  return becomes(placing({ ...wish, not }, facts.now));
}

/** Nobody is there: the bot's own branch, the chat's script, or the help list; the client is told once a wish. */
export function nobody(
  floor: QueueFloor | HelpFloor,
  why: 'nobody' | 'waitedOut' | 'hours',
  question: string,
  facts: Facts,
): Outcome {
  const { wish } = floor;
  const told: Command[] = wish.busyTold || facts.busyText === '' ? [] : [{ do: 'house', text: facts.busyText }];
  const after: Wish = { ...wish, busyTold: true };
  if (wish.else === 'bot' && wish.misses < MOST_MISSES && facts.bot !== null) {
    const bot: BotFloor = {
      ...beginBot(facts.bot, 'named', { ...after, misses: wish.misses + 1 }, facts.now),
      since: facts.botSince ?? facts.now,
    };
    return becomes(bot, ...told, { do: 'turn', input: { kind: 'operatorNotFound' }, question });
  }
  const script = wish.else === 'help' ? undefined : followUp('operatorNotFound', after, question, facts);
  if (script !== undefined && 'floor' in script) return becomes(script.floor, ...told, ...script.commands);
  return becomes(helpFor(after, wish.from === 'failure' ? 'botFailed' : why, facts.now), ...told);
}

/** The help list. */
export function helpFor(wish: Wish, why: HelpFloor['why'], now: number): HelpFloor {
  return { at: 'help', wish, since: now, lookAt: now + LOOK_MS, why };
}

/** The bot's floor in another phase; the same object where nothing differs. */
export function inPhase(floor: BotFloor, phase: Phase): BotFloor {
  const { phase: before } = floor;
  const unmoved = before.is === 'waiting' && phase.is === 'waiting' && before.deadline === phase.deadline;
  return unmoved ? floor : { ...floor, phase };
}
