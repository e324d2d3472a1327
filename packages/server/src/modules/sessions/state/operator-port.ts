import type { OperatorStatus } from '@molva/contract';
import type { Why } from './floor.ts';

/** A person who answers in sessions. */
export interface OperatorRecord {
  readonly id: number;
  readonly name: string;
  readonly avatar: string | null;
  /** Not blocked, and with a role that answers in sessions. */
  readonly canAnswer: boolean;
  readonly status: OperatorStatus;
  /** Since when it has the status, milliseconds; null where it never had another. */
  readonly statusSince: number | null;
  /** Whether it ever came or left: a back end that answers does neither, and is no less there. */
  readonly usesStatuses: boolean;
}

/** A group's own service-level timers, seconds; 0 where it has none. */
export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly timerFirstAnswer: number;
  readonly timerNextAnswers: number;
}

/** Where operators come from. */
export interface OperatorSource {
  /** An operator of the company, whatever its status; undefined where there is none. */
  find(companyId: number, operatorId: number): Promise<OperatorRecord | undefined>;
  /** A group of the company. */
  group(companyId: number, groupId: string): Promise<GroupRecord | undefined>;
}

/** Sessions as those who come, go and are given sessions see them. Each change is a step of its own. */
export interface RoutedSessions {
  /**
   * Gives a session that still is as it was seen to somebody whose seat still is; false where either moved on, and
   * nothing was done.
   */
  give(sessionId: string, version: number, to: Assignment): Promise<boolean>;
  /** Nobody is there for the session; false where it moved on. */
  none(sessionId: string, version: number, why: 'nobody' | 'waitedOut' | 'hours'): Promise<boolean>;
  /** The session, seen at a version, no longer waits in a group that was deleted: anybody of the company may get it. */
  groupGone(sessionId: string, version: number, groupId: string): Promise<void>;
  /** The person came, went away or is gone: its sessions go by where it stands now. */
  moved(companyId: number, operatorId: number): Promise<void>;
}

/** To whom routing gives a session, and why; `epoch` is the seat's as it must be found. */
export interface Assignment {
  readonly operator: OperatorRecord;
  readonly epoch: number;
  readonly why: Why;
}

/** How long who went offline may come back before others get the sessions. */
export const GRACE_MS = 60_000;

/**
 * When others get the sessions of somebody who does not come back, milliseconds: never (null), at once where it may no
 * longer answer, or a minute after it went offline.
 */
export function goneAt(operator: OperatorRecord | undefined): number | null {
  if (operator?.canAnswer !== true) return 0;
  return operator.status === 'OFFLINE' && operator.statusSince !== null ? operator.statusSince + GRACE_MS : null;
}
