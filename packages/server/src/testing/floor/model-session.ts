import type { NamedBot } from '../../modules/sessions/answering/floor/events.ts';
import { PLACING_MS } from '../../modules/sessions/answering/floor/outcome.ts';
import type { Documented } from '../../modules/sessions/state/floor-view.ts';
import { LOOK_MS, type BotFloor, type Floor, type FollowUp } from '../../modules/sessions/state/floor.ts';

/** What of a session a walk looks at; a commit replaces it by the next version. */
export interface ModelSession {
  readonly version: number;
  readonly floor: Floor;
  readonly documented: Documented;
  /** The bot that answers, or did last, and whether it gave up. */
  readonly botId: string;
  readonly failed: boolean;
  readonly party: readonly number[];
  readonly ran: readonly FollowUp[];
  readonly log: readonly LoggedEvent[];
  /** The questions that came to an end, by id: each once. */
  readonly ended: readonly string[];
  readonly lastMessageAt: number;
  readonly joinedAt: number;
  readonly lastOperatorMessageAt: number;
  /** When the client said what nobody has answered yet. */
  readonly owesSince: number | null;
}

/** What the event log tells of who answers. */
export type LoggedEvent = { readonly is: 'operatorChanged'; readonly operatorId: string } | { readonly is: 'closed' };

/** What is fixed for a walk. */
export interface Rules {
  readonly dialog: boolean;
  readonly banned: boolean;
  /** Where each bot answers; one that is gone answers nowhere. */
  readonly bots: Readonly<Record<string, 'here' | 'elsewhere' | 'gone'>>;
  readonly scripts: Readonly<Partial<Record<FollowUp, string>>>;
  readonly reload: string | null;
  readonly busyText: string;
  /** How long a person may owe an answer; 0: for ever. */
  readonly idleMs: number;
  readonly lifeMs: number;
  /** Whether routing lets sessions stand in the queue. */
  readonly queue: boolean;
  /** False where routing never decides, whatever it is asked. */
  readonly routing: boolean;
}

/** A bot by its id. */
export function named(id: string): NamedBot {
  return { id, name: id.toUpperCase() };
}

/** When the session ends if nothing happens. */
export function lifeEnds({ floor, lastMessageAt, joinedAt }: ModelSession, { lifeMs }: Rules): number {
  const script = floor.at === 'bot' && !['first', 'named', 'handBack'].includes(floor.role);
  const begun = floor.at === 'person' || script ? floor.since : 0;
  return Math.max(lastMessageAt, joinedAt, begun) + lifeMs;
}

/** When the person who answers has owed an answer for too long. */
export function answerDue(session: ModelSession, { idleMs }: Rules): number | null {
  const { floor, owesSince, lastOperatorMessageAt } = session;
  if (floor.at !== 'person' || idleMs === 0) return null;
  if (owesSince === null && lastOperatorMessageAt >= floor.since) return null;
  return Math.max(owesSince ?? 0, floor.since) + idleMs;
}

/** How long who is away may come back. */
export const GRACE_MS = 60_000;

/** How soon routing is asked again where it has not decided. */
export const PLACING_LOOK_MS = 5_000;

export type Timer = 'session-expiry' | 'session-bot' | 'session-ask' | 'session-wait' | 'session-hold';

/** When a session is to be looked at, by timer: I5 in numbers. */
export function timersOf(session: ModelSession, rules: Rules, now: number): ReadonlyMap<Timer, number> {
  const { floor } = session;
  const timers = new Map<Timer, number>();
  if (floor.at === 'closed') return timers;
  timers.set('session-expiry', lifeEnds(session, rules));
  if (floor.at === 'bot') botTimer(floor, timers);
  if (floor.at === 'queue') {
    const { stage } = floor;
    const again = stage.is === 'placing' ? Math.min(now + PLACING_LOOK_MS, stage.at + PLACING_MS) : now + LOOK_MS;
    const until = stage.is === 'waiting' ? (stage.until ?? again) : again;
    timers.set('session-wait', Math.max(now, Math.min(again, until)));
  }
  if (floor.at === 'help') timers.set('session-wait', floor.lookAt);
  if (floor.at === 'person') {
    const away = floor.awaySince === null ? Infinity : floor.awaySince + GRACE_MS;
    const due = Math.min(answerDue(session, rules) ?? Infinity, away);
    if (due !== Infinity) timers.set('session-hold', due);
  }
  return timers;
}

function botTimer({ phase }: BotFloor, timers: Map<Timer, number>): void {
  if (phase.is === 'silent' && phase.at !== null) timers.set('session-bot', phase.at);
  if (phase.is === 'waiting' && phase.deadline !== null) timers.set('session-bot', phase.deadline);
  if (phase.is === 'pausing') timers.set('session-bot', phase.until);
  if (phase.is === 'asking') timers.set('session-ask', phase.promised ?? phase.inbox[0].askedAt);
}

/** The question a bot elsewhere is to answer next. */
export function openQuestion({ floor }: ModelSession): string | undefined {
  return floor.at === 'bot' && floor.phase.is === 'asking' ? floor.phase.inbox[0].id : undefined;
}
