import type { NotifyEventName, OperatorType } from '@molva/contract';
import type { BotInput } from './bot-input.ts';
import type { Values } from './column.ts';
import type { clientColumns, storedColumns } from './columns.ts';

/** What the caller of a start chose for the session; the chat's settings fill the rest. */
export interface SessionOptions {
  readonly callbackUrl?: string;
  readonly callbackData?: string;
  readonly eventCallbackUrl?: string;
  readonly eventCallbackData?: string;
  readonly notifyOnEvents?: readonly NotifyEventName[];
  /** False where the addresses above were named by somebody nobody knows: such calls are not signed. */
  readonly callbacksTrusted?: boolean;
  readonly clientNameForOperator?: string;
  readonly clientDeviceId?: string;
  readonly clientTimezone?: number;
  readonly clientPhone?: string;
  readonly messengerUserId?: string;
  readonly clientExternalId?: string;
  readonly address?: string;
  readonly userAgent?: string;
  /** The bot that talked before this one. */
  readonly previousBotId?: string;
  /** The follow-up scripts that ran; each runs once. */
  readonly followUps?: readonly FollowUp[];
  readonly dialog?: DialogOptions;
}

/** An end of something that a chat can let another script follow. */
export type FollowUp = 'botEnded' | 'operatorEnded' | 'clientTimeout' | 'operatorNotFound';

/** What a session has that is a dialog of the bot API. */
export interface DialogOptions {
  /** The id its caller knows. */
  readonly id: string;
  readonly test: boolean;
  /** Whether the last call wanted its answer by callback. */
  readonly answersLater: boolean;
  /** The last message whose caller has it in an answer. */
  readonly told: number;
  readonly resultCallbacks: readonly { readonly url: string; readonly data: unknown }[];
}

/** Whom the bot handed a session to. */
export interface HandOver {
  readonly groupId: string | null;
  readonly announcement: string | null;
  readonly at: string;
  /** Since when nobody is there, null while somebody is: the session waits in the help list. */
  readonly notFoundAt: string | null;
}

/** A bot's own state: plain JSON. Its variables are read by others too. */
export interface BotState {
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Where a session's bot stands: its own state, and when it wants to be woken for what. */
export interface BotPosition {
  readonly state: BotState;
  /** False until its first turn, where a chat lets the client speak first. */
  readonly started: boolean;
  /** A pause that ends, or a wait that runs out. */
  readonly wake:
    | { readonly kind: 'resume'; readonly at: number; readonly typing: boolean }
    | { readonly kind: 'timeout'; readonly at: number }
    | { readonly kind: 'answer'; readonly at: number }
    | null;
  /** Inputs that a bot elsewhere has not answered yet, the oldest first. */
  readonly asked?: readonly { readonly id: string; readonly input: BotInput }[];
}

/** A bot or person that took part in a session, in the documented form. */
export interface SessionOperator {
  readonly id: number | null;
  readonly name: string;
  readonly type: OperatorType;
  readonly assigned_at: string;
}

/**
 * A session as the code works on it: the fields of its columns. `version` grows with every change: a write names the
 * version it saw, so two writers never both succeed, on whichever nodes they are. Instants are milliseconds.
 */
export interface HotSession extends Values<typeof storedColumns>, Values<typeof clientColumns> {}

/** When the session ends if nothing happens: its life time after its last message or live join. */
export function expiresAt(session: HotSession): number {
  return Math.max(session.startedAt, session.lastMessageAt ?? 0, session.clientOnlineAt ?? 0) + session.ttl * 1000;
}

/** Whether the bot is in the middle of a turn: what it says next comes without the client. */
export function botIsBusy(session: HotSession): boolean {
  return session.bot?.wake?.kind === 'resume' || (session.bot?.asked ?? []).length > 0;
}

/** Whether the bot shows that it is typing at the moment. */
export function botIsTyping(session: HotSession): boolean {
  const wake = session.bot?.wake;
  return (wake?.kind === 'resume' && wake.typing) || (session.bot?.asked ?? []).length > 0;
}

/** The client is there: it joined over a live connection and has not left. */
export function clientIsOnline(session: HotSession): boolean {
  return session.clientOnlineAt !== null && (session.clientOfflineAt ?? 0) < session.clientOnlineAt;
}

/** The id under which the session's bot is known to whoever called it: the dialog's own, or the session's. */
export function dialogIdOf(session: HotSession): string {
  return session.options.dialog?.id ?? session.id;
}

/** The epoch of the session's event stream, fixed for its life. */
export function streamEpoch(startedAt: number): string {
  return String(Math.floor(startedAt / 1000));
}
