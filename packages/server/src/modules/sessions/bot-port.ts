import type { Action, Attachment, BotStatus, Keyboard, MessageType } from '@molva/contract';
import type { HotSession } from './session.ts';

/** What reaches a bot. */
export type BotInput =
  | { readonly kind: 'start'; readonly nodeId?: string; readonly message?: BotUserMessage }
  | { readonly kind: 'message'; readonly message: BotUserMessage }
  | { readonly kind: 'resume' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'operatorNotFound' };

/** A client's message as a bot sees it. */
export interface BotUserMessage {
  readonly id: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** Something a bot says. */
export interface BotMessage {
  readonly body: string;
  readonly type: MessageType;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly Attachment[];
  readonly actions: readonly Action[];
  /** The block that said it. */
  readonly nodeId: string;
}

/** What a bot made of an input. */
export interface BotTurn {
  readonly state: unknown;
  readonly status: BotStatus;
  readonly messages: readonly BotMessage[];
  /** It goes on by itself after so many milliseconds, and shows that it types meanwhile. */
  readonly pause: { readonly ms: number; readonly typing: boolean } | null;
  /** How long it waits for the client, in milliseconds. */
  readonly deadline: number | null;
  /** It wants a person, of this group. */
  readonly handOver: { readonly groupId: string | null; readonly announcement: string | null } | null;
  readonly results: Readonly<Record<string, unknown>>;
}

/** What the start of a session gives its bot. */
export interface BotStart {
  readonly clientMetadata: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A bot that is ready to take its turn without any I/O. */
export interface ReadyBot {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  hasNode(nodeId: string): boolean;
  /** The state before the first turn. */
  begin(start: BotStart): unknown;
  /** The state with variables added. */
  withVariables(state: unknown, start: BotStart): unknown;
  turn(session: HotSession, state: unknown, input: BotInput, now: number): BotTurn;
}

/** Where bots come from. */
export interface BotSource {
  /** A bot of the company; undefined where it does not exist. */
  ready(botId: string, companyId: number): Promise<ReadyBot | undefined>;
}
