import type { Action, Attachment, AuthorType, BotStatus, Keyboard, MessageType } from '@molva/contract';
import type { BotInput } from './bot-input.ts';
import type { BotState, HotSession } from './session.ts';

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

/** A value a bot keeps about a client beyond the session. */
export interface FactWrite {
  readonly context: string;
  readonly name: string;
  readonly value: string | number | boolean | null;
}

/** A bot's wish for a person. */
export interface HandOverWish {
  readonly groupId: string | null;
  readonly announcement: string | null;
  /** Whether the bot itself goes on where nobody is there. */
  readonly fallback: boolean;
}

/** What a bot made of an input. */
export interface BotTurn {
  readonly state: BotState;
  readonly status: BotStatus;
  readonly messages: readonly BotMessage[];
  /** It goes on by itself after so many milliseconds, and shows that it types meanwhile. */
  readonly pause: { readonly ms: number; readonly typing: boolean } | null;
  /** How long it waits for the client, in milliseconds. */
  readonly deadline: number | null;
  readonly handOver: HandOverWish | null;
  readonly results: Readonly<Record<string, unknown>>;
  readonly facts: readonly FactWrite[];
  /** The blocks it went through, in order. */
  readonly path: readonly string[];
  /** What it wanted more of than a turn may have, and ended with `ERROR` for; `blocks`, where it went in a circle. */
  readonly overrun?: 'blocks' | 'work' | 'messages' | 'bytes' | 'data' | null;
}

/** What the start of a session gives its bot. */
export interface BotStart {
  readonly clientMetadata: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface AnyBot {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  hasNode(nodeId: string): boolean;
  /** The state before the first turn. */
  begin(start: BotStart): BotState;
  /** The state with variables added. */
  withVariables(state: BotState, start: BotStart): BotState;
  /** The values of the system's own variables, by name. */
  systemVariables(session: HotSession, now: number): Readonly<Record<string, unknown>>;
}

/** A bot that takes its turn here, within the step that brought the input. */
export interface LocalBot extends AnyBot {
  readonly kind: 'local';
  /** @param unsaved facts of earlier turns of the same step, which the database does not have yet */
  turn(
    session: HotSession,
    state: BotState,
    input: BotInput,
    now: number,
    unsaved: readonly FactWrite[],
  ): Promise<BotTurn>;
}

/** A question put to a bot elsewhere. */
export interface RemoteQuestion {
  /** The same in every try, so that the other side can tell repeats. */
  readonly id: string;
  readonly input: BotInput;
  /** Opens the session for a late answer. */
  readonly replyToken: string;
}

/** A message of the session as a bot reads it. */
export interface HistoryMessage {
  readonly authorType: AuthorType;
  readonly body: string;
  /** Milliseconds of the epoch. */
  readonly createdAt: number;
}

/** New text of the message a bot is at, from a character of it on; characters count as JavaScript counts them. */
export interface SpokenPart {
  readonly at: number;
  readonly text: string;
}

/** What a bot elsewhere is asked with beside the question. */
export interface AskContext {
  /** Aborted where the answer is no longer wanted: somebody took over, the session ended, the process stops. */
  readonly signal: AbortSignal;
  /** The newest messages of the session, oldest first, for bots without a memory of their own; a thousand at most. */
  history(most: number): Promise<readonly HistoryMessage[]>;
  /**
   * Shows what the bot has said so far of the first message of its answer. Never fails and never waits: what comes
   * faster than it is shown is joined, what does not join on is left out, and the answer brings the whole anyway.
   */
  emit(part: SpokenPart): void;
}

/** A bot that somebody else runs: it is asked after the commit, and its answer becomes a step of its own. */
export interface RemoteBot extends AnyBot {
  readonly kind: 'remote';
  /** How long an answer that comes later may take, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Asks, with as many tries as the bot has; `later` where it will call back. Throws where it failed for good. */
  ask(session: HotSession, state: BotState, question: RemoteQuestion, context: AskContext): Promise<BotTurn | 'later'>;
  /** Reads an answer to an input that came later. */
  read(state: BotState, answer: unknown, input: BotInput): BotTurn;
}

/** A bot that is ready to talk. */
export type ReadyBot = LocalBot | RemoteBot;

/** Where bots come from. */
export interface BotSource {
  /** A bot of the company; undefined where it does not exist. */
  ready(botId: string, companyId: number): Promise<ReadyBot | undefined>;
}
