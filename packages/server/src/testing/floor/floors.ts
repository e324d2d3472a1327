import type { Facts } from '../../modules/sessions/answering/floor/events.ts';
import type { BotFloor, Floor, Phase, Wish } from '../../modules/sessions/state/floor.ts';

/** The states of the table, a bot's in each of its phases. */
export type StateName = Phase['is'] | 'placing' | 'queue' | 'help' | 'person' | 'closed';

/** A wish for people of a group. */
export const wish: Wish = {
  group: 'sales',
  since: 30_000,
  priority: 0,
  note: 'VIP',
  skills: [],
  prefer: null,
  not: [],
  else: 'script',
  misses: 0,
  busyTold: false,
  from: 'bot',
};

const bot = (phase: Phase): BotFloor => ({
  at: 'bot',
  bot: { id: 'b', name: 'Bot' },
  since: 50_000,
  phase,
  role: 'first',
  wish: null,
});

/** A floor in each state. Whatever it waits for is due at the 90th second. */
export const states: Readonly<Record<StateName, Floor>> = {
  silent: bot({ is: 'silent', until: 'join', at: 90_000 }),
  waiting: bot({ is: 'waiting', deadline: 90_000 }),
  pausing: bot({ is: 'pausing', until: 90_000, typing: true }),
  asking: bot({
    is: 'asking',
    inbox: [{ id: 'q1', input: { kind: 'start' }, askedAt: 90_000 }],
    promised: null,
  }),
  handedOut: bot({ is: 'handedOut' }),
  placing: { at: 'queue', wish, offer: null, stage: { is: 'placing', at: 100_000 } },
  queue: { at: 'queue', wish, offer: null, stage: { is: 'waiting', until: null, remindAt: null, told: null } },
  help: { at: 'help', wish, since: 50_000, lookAt: 95_000, why: 'nobody' },
  person: {
    at: 'person',
    id: 7,
    name: 'Bob',
    since: 50_000,
    awaySince: null,
    wish,
    by: 'routing',
    why: null,
  },
  closed: { at: 'closed', when: 50_000, last: null, by: 'client' },
};

/** Facts of a session in a chat without scripts whose every deadline has passed. */
export function chatFacts(now: number): Facts {
  return {
    now,
    dialog: false,
    banned: false,
    bot: { id: 'b', name: 'Bot' },
    botSince: 50_000,
    scripts: {},
    reload: null,
    busyText: 'Nobody is there.',
    lifeEnds: now,
    answerDue: now,
    answered: false,
    party: [],
    standIn: null,
    last: { type: 'BOT', id: 'b', name: 'Bot', since: 50_000 },
  };
}
