import { exactWireDate, storedWireDate } from '../../../platform/instant.ts';
import type { BotStatus, OperatorType, SessionStatus } from '@molva/contract';
import type { Floor, Wish } from './floor.ts';

/** Whom a session was handed to, in the documented form. */
export interface HandOver {
  readonly groupId: string | null;
  readonly announcement: string | null;
  readonly at: string;
  /** Since when nobody is there, null while somebody is: the session waits in the help list. */
  readonly notFoundAt: string | null;
}

/** What the wire calls who answers: a view of the floor. Instants are milliseconds. */
export interface Documented {
  readonly status: SessionStatus;
  readonly closedAt: number | null;
  readonly botStatus: BotStatus;
  readonly operatorType: OperatorType;
  readonly operatorId: string;
  readonly operatorName: string;
  readonly operatorAssignedAt: number | null;
  readonly handOver: HandOver | null;
}

const nobody = { operatorType: 'OPERATOR', operatorId: '', operatorName: '', operatorAssignedAt: null } as const;

/**
 * The documented fields of a floor. Where routing is about to decide, who answered last goes on being named, so that a
 * hand-over is one change; the same at the end.
 * @param before the fields so far
 * @param was the floor so far; null where the fields are only to be compared with it
 * @param failed whether the bot gave up
 */
export function documented(floor: Floor, before: Documented, was: Floor | null, failed: boolean): Documented {
  const { operatorType, operatorId, operatorName, operatorAssignedAt } = before;
  const open = { status: 'ACTIVE', closedAt: null } as const;
  const people = { ...open, botStatus: failed ? 'ERROR' : 'OPERATOR' } as const;
  switch (floor.at) {
    case 'bot':
      return {
        ...open,
        botStatus: floor.phase.is === 'handedOut' ? 'OPERATOR' : 'WAIT',
        operatorType: 'BOT',
        operatorId: floor.bot.id,
        operatorName: floor.bot.name,
        operatorAssignedAt: floor.since,
        handOver: handOver(floor.wish, null),
      };
    case 'queue':
      return {
        ...people,
        ...(floor.stage.is === 'placing' ? { operatorType, operatorId, operatorName, operatorAssignedAt } : nobody),
        handOver: handOver(floor.wish, null),
      };
    case 'help':
      return { ...people, ...nobody, handOver: handOver(floor.wish, floor.since) };
    case 'person':
      return {
        ...people,
        operatorType: 'OPERATOR',
        operatorId: String(floor.id),
        operatorName: floor.name,
        operatorAssignedAt: floor.since,
        handOver: handOver(floor.wish, null),
      };
    case 'closed':
      return {
        status: 'CLOSED',
        closedAt: floor.when,
        botStatus: endedStatus(was, before.botStatus, failed),
        operatorType,
        operatorId,
        operatorName,
        operatorAssignedAt,
        handOver: before.handOver,
      };
  }
}

/** A bot that answered at the end has stopped, or failed; where others did, it is as it was. */
function endedStatus(was: Floor | null, before: BotStatus, failed: boolean): BotStatus {
  if (was === null) return before;
  if (failed) return 'ERROR';
  return was.at === 'bot' ? 'STOP' : before;
}

/** It keeps the instants as they are: what the columns say may be all there is of a wish. */
function handOver(wish: Wish | null, notFoundSince: number | null): HandOver | null {
  if (wish === null) return null;
  return {
    groupId: wish.group,
    announcement: wish.note,
    at: exactWireDate(wish.since),
    notFoundAt: notFoundSince === null ? null : exactWireDate(notFoundSince),
  };
}

/** A wish for people as it is shown. */
export function shownHandOver({ at, notFoundAt, ...wish }: HandOver): HandOver {
  return { ...wish, at: storedWireDate(at), notFoundAt: notFoundAt && storedWireDate(notFoundAt) };
}

/** Whether the columns of a row say what its floor does. */
export function agrees(floor: Floor, columns: Documented, failed: boolean): boolean {
  const view = documented(floor, columns, null, failed);
  return fields.every((field) => view[field] === columns[field]);
}

const fields = [
  'status',
  'closedAt',
  'botStatus',
  'operatorType',
  'operatorId',
  'operatorName',
  'operatorAssignedAt',
] as const;
