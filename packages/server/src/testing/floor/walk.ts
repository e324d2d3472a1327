import type { FollowUp } from '../../modules/sessions/state/floor.ts';
import { deeds } from './deeds.ts';
import { Dice } from './dice.ts';
import { comeBack, leaveAlone, serve } from './endings.ts';
import { named, type ModelSession, type Rules } from './model-session.ts';
import { World } from './world.ts';

/** A step of a walk: what happens, and by what chances. */
export type Move = readonly [what: number, chances: number];

/** How a walk ends: everybody goes, somebody comes who can take every session, or who answers drops off and is back. */
export type Ending = 'alone' | 'served' | 'back';

/** Walks, and looks at the invariants at every step; what breaks one is thrown with the way that led there. */
export function walk(start: number, moves: readonly Move[], ending: Ending): void {
  try {
    take(start, moves, ending, null);
  } catch {
    // The same walk again, written down: chance is a number.
    const trace: string[] = [];
    try {
      take(start, moves, ending, trace);
    } catch (error) {
      throw new Error([error instanceof Error ? error.message : String(error), ...trace].join('\n'), { cause: error });
    }
    throw new Error('a walk broke an invariant once: it hangs on more than its numbers');
  }
}

const endings = { alone: leaveAlone, served: serve, back: comeBack } as const;

function take(start: number, moves: readonly Move[], ending: Ending, trace: string[] | null): void {
  const world = begin(new Dice(start), trace);
  world.note('rules', world.rules);
  for (const [what, chances] of moves) {
    const dice = new Dice(chances);
    const deed = deeds[what % deeds.length] ?? deeds[0];
    deed(world, dice.pick(world.nodes), dice);
  }
  endings[ending](world, new Dice(start + 1));
}

function begin(dice: Dice, trace: string[] | null): World {
  const bot = (): 'here' | 'elsewhere' | 'gone' =>
    dice.pick(['here', 'here', 'here', 'elsewhere', 'elsewhere', 'gone']);
  const dialog = dice.oneIn(8);
  const scripts: Partial<Record<FollowUp, string>> = {};
  for (const end of ['botEnded', 'operatorEnded', 'clientTimeout', 'operatorNotFound'] as const) {
    if (!dialog && dice.oneIn(2)) scripts[end] = dice.pick(['b', 'c']);
  }
  const rules: Rules = {
    dialog,
    banned: dice.oneIn(20),
    bots: { a: bot(), b: bot(), c: bot() },
    scripts,
    reload: dialog || dice.oneIn(2) ? null : 'c',
    busyText: dice.pick(['', 'Nobody is there.']),
    idleMs: dice.pick([0, 20_000]),
    lifeMs: dice.pick([120_000, 900_000]),
    queue: dice.oneIn(2),
    routing: !dice.oneIn(10),
  };
  const people = [1, 2, 3, 9].map((id) => {
    const usesStatuses = id === 9 || !dice.oneIn(4);
    return { id, usesStatuses, online: usesStatuses && id !== 9 && dice.oneIn(2), since: 0 };
  });
  return new World(rules, firstSession(dice), people, trace);
}

function firstSession(dice: Dice): ModelSession {
  const now = 1_000_000;
  const phase = dice.oneIn(2)
    ? ({ is: 'silent', until: 'message', at: null } as const)
    : ({ is: 'silent', until: 'join', at: now + 5_000 } as const);
  return {
    version: 1,
    floor: { at: 'bot', bot: named('a'), since: now, phase, role: 'first', wish: null },
    documented: {
      status: 'ACTIVE',
      closedAt: null,
      botStatus: 'WAIT',
      operatorType: 'BOT',
      operatorId: 'a',
      operatorName: 'A',
      operatorAssignedAt: now,
      handOver: null,
    },
    botId: 'a',
    failed: false,
    party: [],
    ran: [],
    log: [],
    ended: [],
    lastMessageAt: now,
    joinedAt: 0,
    lastOperatorMessageAt: 0,
    owesSince: null,
  };
}
