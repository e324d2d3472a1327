import type { BotInput } from '../../state/bot-input.ts';
import type { BotFloor, Phase, Question } from '../../state/floor.ts';
import { elsewhere, over, unmoved, type Row } from './cells.ts';
import type { Facts, TurnWish } from './events.ts';
import {
  becomes,
  closed,
  endOrFollow,
  inPhase,
  placing,
  refuse,
  same,
  wished,
  wishOf,
  type Outcome,
} from './outcome.ts';

/** More questions than this in a row mean that a bot elsewhere does not answer. */
const MOST_ASKED = 100;

function turn(floor: BotFloor, input: BotInput, question: string): Outcome {
  return becomes(floor, { do: 'turn', input, question });
}

function started(phase: Extract<Phase, { is: 'silent' }>, message = phase.message): BotInput {
  const node = phase.nodeId === undefined ? {} : { nodeId: phase.nodeId };
  return { kind: 'start', ...node, ...(message === undefined ? {} : { message }) };
}

/** Puts an input to a bot elsewhere behind those it has not answered yet. */
export function asked(floor: BotFloor, question: Question, facts: Facts): Outcome {
  const before = floor.phase.is === 'asking' ? floor.phase : null;
  if ((before?.inbox.length ?? 0) >= MOST_ASKED) return fail(floor, facts);
  const inbox: [Question, ...Question[]] = before === null ? [question] : [...before.inbox, question];
  return becomes({ ...floor, phase: { is: 'asking', inbox, promised: before?.promised ?? null } });
}

/**
 * The floor without the question an outcome belongs to: the next one is to be asked, or nothing is left. Undefined where
 * it is not the question that is open: what it came to has no effect any more.
 */
function answered(floor: BotFloor, question: string | null): { left: BotFloor; more: boolean } | undefined {
  const { phase } = floor;
  if (phase.is !== 'asking') return question === null ? { left: floor, more: false } : undefined;
  // A turn taken here while something is asked elsewhere answers nothing of it.
  if (question === null) return { left: floor, more: true };
  const [first, next, ...others] = phase.inbox;
  if (first.id !== question) return undefined;
  if (next === undefined) return { left: { ...floor, phase: { is: 'waiting', deadline: null } }, more: false };
  return { left: { ...floor, phase: { is: 'asking', inbox: [next, ...others], promised: null } }, more: true };
}

/** Where a turn leaves the bot in a phase of its own, unless it is asked more. */
function settles(floor: BotFloor, question: string | null, phase: Phase): Outcome {
  const after = answered(floor, question);
  if (after === undefined) return same(floor);
  return after.more ? becomes(after.left) : becomes(inPhase(after.left, phase));
}

function wishes(floor: BotFloor, wish: TurnWish, facts: Facts): Outcome {
  if (facts.dialog) return becomes({ ...floor, phase: { is: 'handedOut' } });
  const asked = { group: wish.group, note: wish.note, else: wish.fallback ? 'bot' : 'script', from: 'bot' } as const;
  return becomes(placing(wished(wishOf(floor), asked, facts.now), facts.now));
}

function fail(floor: BotFloor, facts: Facts): Outcome {
  if (facts.dialog) return becomes(closed('failure', facts), { do: 'failed' });
  const asked = { group: null, note: null, else: 'script', from: 'failure' } as const;
  return becomes(placing(wished(floor.wish, asked, facts.now), facts.now), { do: 'failed' });
}

/** The rows of what a bot is told and what its turns come to. Without a bot on the floor they have no effect. */
export const botRows: {
  readonly [
    E in
      | 'clientSaid'
      | 'clientJoined'
      | 'turnWaits'
      | 'turnPauses'
      | 'turnWishes'
      | 'turnEnds'
      | 'failed'
      | 'promised'
      | 'botDue'
  ]: Row<E>;
} = {
  clientSaid: elsewhere<'clientSaid'>(
    {
      bot: (floor, { message, question, nodeId }, facts) => {
        if (facts.banned) return refuse('client-banned');
        const { phase } = floor;
        if (phase.is === 'asking') {
          return asked(floor, { id: question, input: { kind: 'message', message }, askedAt: facts.now }, facts);
        }
        if (phase.is !== 'silent') return turn(floor, { kind: 'message', message }, question);
        return turn(floor, started(nodeId === undefined ? phase : { ...phase, nodeId }, message), question);
      },
      closed: (floor, event, facts) => (facts.banned ? refuse('client-banned') : over(floor, event, facts)),
    },
    (floor, _event, facts) => (facts.banned ? refuse('client-banned') : same(floor)),
  ),
  clientJoined: elsewhere<'clientJoined'>({
    bot: (floor, { question }) =>
      floor.phase.is === 'silent' && floor.phase.until === 'join'
        ? turn(floor, started(floor.phase), question)
        : same(floor),
  }),
  turnWaits: elsewhere<'turnWaits'>({
    bot: (floor, { question, deadline }) => settles(floor, question, { is: 'waiting', deadline }),
  }),
  turnPauses: elsewhere<'turnPauses'>({
    bot: (floor, { question, until, typing }) => settles(floor, question, { is: 'pausing', until, typing }),
  }),
  turnWishes: elsewhere<'turnWishes'>({
    bot: (floor, { question, wish }, facts) => {
      const after = answered(floor, question);
      return after === undefined ? same(floor) : wishes(after.left, wish, facts);
    },
  }),
  turnEnds: elsewhere<'turnEnds'>({
    bot: (floor, { question, next }, facts) => {
      const after = answered(floor, question);
      return after === undefined ? same(floor) : endOrFollow(after.left, 'botEnded', next, facts);
    },
  }),
  failed: elsewhere<'failed'>({
    bot: (floor, { question }, facts) => (answered(floor, question) === undefined ? same(floor) : fail(floor, facts)),
  }),
  promised: elsewhere<'promised'>({
    bot: (floor, { question, until }) =>
      floor.phase.is === 'asking' && floor.phase.inbox[0].id === question
        ? becomes({ ...floor, phase: { ...floor.phase, promised: until } })
        : same(floor),
  }),
  botDue: elsewhere<'botDue'>({
    bot: (floor, { question }, { now }) => {
      const { phase } = floor;
      if (phase.is === 'silent' && phase.at !== null && phase.at <= now) return turn(floor, started(phase), question);
      if (phase.is === 'pausing' && phase.until <= now) return turn(floor, { kind: 'resume' }, question);
      const waited = phase.is === 'waiting' && phase.deadline !== null && phase.deadline <= now;
      return waited ? turn(floor, { kind: 'timeout' }, question) : unmoved(floor);
    },
  }),
};
