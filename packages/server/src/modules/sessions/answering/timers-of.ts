import type { ChatRecord } from '../../chats/index.ts';
import type { Draft } from '../state/draft.ts';
import { isPlacing, LOOK_MS } from '../state/floor.ts';
import { GRACE_MS } from '../state/operator-port.ts';
import { expiresAt, type HotSession } from '../state/session.ts';

/** While a bot is at it, its typing is shown again this often; clients hide it after five seconds. */
export const TYPING_REPEAT_MS = 3_000;
/** How soon routing is asked again where it has not decided. */
const PLACING_REPEAT_MS = 5_000;

/** The timers that follow from who answers. */
export type FloorTimer = 'session-expiry' | 'session-bot' | 'session-ask' | 'session-wait' | 'session-hold';

/** How long a chat lets a person owe an answer, milliseconds; 0: for ever. */
export function idleLimit({ settings }: Pick<ChatRecord, 'settings'>): number {
  return settings.allowableOperatorIdleTime * 1000;
}

/** When the session of a step is to be looked at for a timer as it stands now; null: not at all. */
export function nextLook(draft: Draft, chat: Pick<ChatRecord, 'settings'>, timer: FloorTimer): number | null {
  return timersOf(draft.session, idleLimit(chat), draft.now)[timer] ?? null;
}

/** When the session is to be looked at, by timer; a timer that is absent has nothing to wait for. */
export function timersOf(
  session: HotSession,
  idleMs: number,
  now: number,
): Readonly<Partial<Record<FloorTimer, number>>> {
  const { floor } = session;
  if (floor.at === 'closed') return {};
  // While routing decides nothing expires, and nothing is looked at again and again for that.
  const decides = isPlacing(floor) ? now + PLACING_REPEAT_MS : 0;
  const life = { 'session-expiry': Math.max(expiresAt(session), decides) };
  switch (floor.at) {
    case 'bot':
      return { ...life, ...botTimers(floor, now) };
    case 'queue': {
      const { stage } = floor;
      const at =
        stage.is === 'placing' ? now + PLACING_REPEAT_MS : earliest(stage.until, stage.remindAt, now + LOOK_MS);
      return { ...life, 'session-wait': at };
    }
    case 'help':
      return { ...life, 'session-wait': floor.lookAt };
    case 'person': {
      const due = earliest(answerDueAt(session, idleMs), floor.awaySince === null ? null : floor.awaySince + GRACE_MS);
      return due === Number.POSITIVE_INFINITY ? life : { ...life, 'session-hold': due };
    }
  }
}

function botTimers(
  { phase }: Extract<HotSession['floor'], { at: 'bot' }>,
  now: number,
): Partial<Record<FloorTimer, number>> {
  switch (phase.is) {
    case 'silent':
      return phase.at === null ? {} : { 'session-bot': phase.at };
    case 'waiting':
      return phase.deadline === null ? {} : { 'session-bot': phase.deadline };
    case 'pausing':
      return { 'session-bot': phase.typing ? Math.min(phase.until, now + TYPING_REPEAT_MS) : phase.until };
    case 'asking':
      return {
        'session-ask':
          phase.promised === null ? phase.inbox[0].askedAt : Math.min(phase.promised, now + TYPING_REPEAT_MS),
      };
    case 'handedOut':
      return {};
  }
}

/**
 * When the person who answers has owed an answer for as long as the chat allows: to what the client said, or since it got
 * the session. Null where it owes nothing, or the chat sets no limit.
 */
export function answerDueAt(session: HotSession, idleMs: number): number | null {
  const { floor, firstClientMessageAfterAt, lastOperatorMessageAt } = session;
  if (floor.at !== 'person' || idleMs === 0) return null;
  const silent = (lastOperatorMessageAt ?? 0) < floor.since;
  if (firstClientMessageAfterAt === null && !silent) return null;
  return Math.max(firstClientMessageAfterAt ?? 0, floor.since) + idleMs;
}

function earliest(...instants: readonly (number | null)[]): number {
  return Math.min(...instants.map((instant) => instant ?? Number.POSITIVE_INFINITY));
}
