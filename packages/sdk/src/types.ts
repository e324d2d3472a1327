import type { Clock, Storage } from './environment.ts';
import type { StateName } from './connection/machine.ts';
import type { MolvaError } from './errors.ts';
import type { ChatMessage } from './timeline/timeline.ts';

/** Who the client is, as far as the application knows. */
export interface ClientInfo {
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
  /** The application's own id of the client. */
  readonly externalId?: string;
  /** Offset from UTC in minutes; the runtime's own where absent. */
  readonly timezone?: number;
  /** Becomes variables of the bot. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a chat is made with; address and chat are enough. */
export interface ChatOptions {
  /** Address of the server, e.g. `https://chat.example.com`. */
  readonly url: string;
  readonly chatId: string;
  readonly client?: ClientInfo;
  /** Variables of the bot. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Signed identity of the client, or what fetches one. */
  readonly identityToken?: string | (() => Promise<string>);
  /** `continue` goes on with the client's live session where there is one; `new` always starts another. */
  readonly startMode?: 'continue' | 'new';
  /** Messages of the history loaded at the start; 50 where absent. */
  readonly historySize?: number;
  readonly storage?: Storage;
  readonly fetch?: typeof fetch;
  /** A WebSocket class in place of the runtime's own. */
  readonly websocket?: unknown;
  readonly clock?: Clock;
  /** Makes the keys messages are sent under: random UUIDs. */
  readonly uuid?: () => string;
}

/** The session of a chat. */
export interface SessionInfo {
  readonly id: string;
  readonly clientId: string;
  readonly startedAt: string;
  /** Life time after the last message, seconds. */
  readonly ttl: number;
}

/** Everything an application shows; a new object with every change, the same one otherwise. */
export interface ChatState {
  readonly connection: StateName;
  readonly session: SessionInfo | null;
  /** In order; one's own that are on their way come last. */
  readonly messages: readonly ChatMessage[];
  /** Who is typing on the other side. */
  readonly typing: 'BOT' | 'OPERATOR' | null;
  readonly operatorName: string | null;
  /** Messages of the other side since `markSeen()`. */
  readonly unread: number;
  readonly hasMoreHistory: boolean;
  readonly closed: { readonly ratingRequired: boolean } | null;
  readonly error: MolvaError | null;
}

/** A message to send, where text alone is not enough. */
export interface MessageInput {
  readonly body: string;
  /** Ids of uploaded files. */
  readonly attachments?: readonly string[];
  /** Id of the message it answers. */
  readonly replyTo?: string;
}

/** Events beside the state, for what an application does rather than shows. */
export interface ChatEvents {
  /** A message arrived, or one's own was accepted. */
  message: ChatMessage;
  typing: 'BOT' | 'OPERATOR' | null;
  connection: StateName;
  closed: { readonly ratingRequired: boolean };
  /** The chat asks for a rating from 0 to `highest` while the session goes on. */
  ratingRequested: { readonly highest: number; readonly text: string };
  error: MolvaError;
}
