import { SESSION_AFTERLIFE_MS, type OperatorType } from '@molva/contract';
import type { Values } from './column.ts';
import type { clientColumns, storedColumns } from './columns.ts';
import type { FollowUp } from './floor.ts';

/** What the caller of a start chose for the session; the chat's settings fill the rest. */
export interface SessionOptions {
  /** Whom the session's calls go to, sealed; `session-calls.ts` reads it. */
  readonly calls?: string;
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
  /** When a continue gave it another life time, which counts from then. */
  readonly ttlGivenAt?: number;
}

/** What a session has that is a dialog of the bot API. */
export interface DialogOptions {
  /** The id its caller knows. */
  readonly id: string;
  readonly test: boolean;
  /** Whether the last call wanted its answer by callback. */
  readonly answersLater: boolean;
  /** The last message whose caller has it in an answer. */
  readonly told: number;
}

/** A bot's own state: plain JSON. Its variables and results are read by others too. */
export interface BotState {
  readonly variables: Readonly<Record<string, unknown>>;
  /** What it noted. */
  readonly results?: Readonly<Record<string, unknown>>;
}

/** What a session keeps of its bot: it outlives people's time, for a hand-back. */
export interface BotMemory {
  readonly state: BotState;
  /** How many turns it took since its client was last heard. */
  readonly alone?: number;
  /** Variables that callers gave while a question was open: its answer leaves them as they are. */
  readonly given?: readonly string[];
  /** It gave up; cleared when a bot begins anew. */
  readonly failed?: true;
  /** The row keeps its data beside where it stands, as a build of before did: it is to be written apart. */
  readonly inOne?: true;
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

/**
 * When the session ends if nothing happens: its life time after its last message or live join, after it was given
 * another one, after a person got it, or after a script began that follows an end, or handed over.
 */
export function expiresAt(session: HotSession): number {
  const { startedAt, lastMessageAt, clientOnlineAt, ttl, options } = session;
  const { ttlGivenAt = 0 } = options;
  return Math.max(startedAt, lastMessageAt ?? 0, clientOnlineAt ?? 0, ttlGivenAt, begunAnew(session)) + ttl * 1000;
}

/** Whether the session is open to its holder: it lives, or ended less than a day ago. */
export function isHeld({ floor }: Pick<HotSession, 'floor'>, now: number): boolean {
  return floor.at !== 'closed' || now < floor.when + SESSION_AFTERLIFE_MS;
}

/** When a life began that no message has to begin; 0 where none did. */
function begunAnew({ floor, options }: HotSession): number {
  if (floor.at === 'person') return floor.since;
  if (floor.at === 'bot') return floor.role in followUps ? floor.since : 0;
  // A script that follows a time-out may ask for people without a word.
  const waits = floor.at === 'queue' || floor.at === 'help';
  return waits && options.followUps !== undefined ? floor.wish.since : 0;
}

const followUps: Readonly<Record<FollowUp, true>> = {
  botEnded: true,
  operatorEnded: true,
  clientTimeout: true,
  operatorNotFound: true,
};

/** The client is there: it joined over a live connection and has not left. */
export function clientIsOnline(session: HotSession): boolean {
  return session.onlineOn !== null;
}

/** The id under which the session's bot is known to whoever called it: the dialog's own, or the session's. */
export function dialogIdOf(session: HotSession): string {
  return session.options.dialog?.id ?? session.id;
}

/** The epoch of the session's event stream: another one where streams began anew, as the database had gone back. */
export function streamEpoch(startedAt: number, life: string): string {
  return [String(Math.floor(startedAt / 1000)), ...(life === '' ? [] : [life])].join('.');
}
