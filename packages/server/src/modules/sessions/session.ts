import type { BotStatus, NotifyEventName, OperatorType, SessionStatus } from '@molva/contract';

/** What the caller of a start chose for the session; the chat's settings fill the rest. */
export interface SessionOptions {
  readonly callbackUrl?: string;
  readonly callbackData?: string;
  readonly eventCallbackUrl?: string;
  readonly eventCallbackData?: string;
  readonly notifyOnEvents?: readonly NotifyEventName[];
  readonly clientNameForOperator?: string;
  readonly clientDeviceId?: string;
  readonly clientTimezone?: number;
  readonly clientPhone?: string;
  readonly messengerUserId?: string;
  readonly clientExternalId?: string;
  readonly address?: string;
  readonly userAgent?: string;
}

/** Where a session's bot stands: its own state, and when it wants to be woken for what. */
export interface BotPosition {
  readonly state: unknown;
  /** False until its first turn, where a chat lets the client speak first. */
  readonly started: boolean;
  /** A pause that ends, or a wait that runs out. */
  readonly wake:
    | { readonly kind: 'resume'; readonly at: number; readonly typing: boolean }
    | { readonly kind: 'timeout'; readonly at: number }
    | null;
}

/** A bot or person that took part in a session, in the documented form. */
export interface SessionOperator {
  readonly id: number | null;
  readonly name: string;
  readonly type: OperatorType;
  readonly assigned_at: string;
}

/**
 * A session as the code works on it. `version` grows with every change: a write names the version it saw, so two
 * writers never both succeed, on whichever nodes they are. Instants are milliseconds.
 */
export interface HotSession {
  readonly id: string;
  readonly companyId: number;
  readonly chatId: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly clientBanned: boolean;
  readonly name: string;
  readonly startedAt: number;
  readonly version: number;
  readonly ttl: number;
  readonly status: SessionStatus;
  readonly botStatus: BotStatus;
  readonly botId: string;
  readonly bot: BotPosition | null;
  readonly operatorType: OperatorType;
  readonly operatorId: string;
  readonly operatorName: string;
  readonly operatorAssignedAt: number | null;
  readonly operators: readonly SessionOperator[];
  readonly closedAt: number | null;
  readonly result: string | null;
  readonly options: SessionOptions;
  readonly lastSeq: number;
  readonly lastEventSeq: number;
  readonly unread: number;
  readonly lastMessageAt: number | null;
  readonly clientOnlineAt: number | null;
  readonly clientOfflineAt: number | null;
  readonly lastOperatorMessageAt: number | null;
  readonly firstClientMessageAfterAt: number | null;
}

/** When the session ends if nothing happens: its life time after its last message or live join. */
export function expiresAt(session: HotSession): number {
  return Math.max(session.startedAt, session.lastMessageAt ?? 0, session.clientOnlineAt ?? 0) + session.ttl * 1000;
}

/** Whether the bot is in the middle of a turn: what it says next comes without the client. */
export function botIsPaused(session: HotSession): boolean {
  return session.bot?.wake?.kind === 'resume';
}

/** Whether the bot shows that it is typing at the moment. */
export function botIsTyping(session: HotSession): boolean {
  const wake = session.bot?.wake;
  return wake?.kind === 'resume' && wake.typing;
}

/** The epoch of the session's event stream, fixed for its life. */
export function streamEpoch(startedAt: number): string {
  return String(Math.floor(startedAt / 1000));
}
