import type { Action, BotStatus, Keyboard, MessageType } from '@molva/contract';
import type { Overrun } from './budget.ts';
import type { FactLookup, FactWrite } from './facts.ts';
import type { Arrow } from './fields.ts';
import type { Scalar } from './scalar.ts';
import type { Scope } from './scope.ts';
import type { ScenarioFile, Speech } from './speech.ts';
import type { BotState } from './state.ts';
import type { SystemSource } from './system-variables.ts';

/** What a client said. */
export interface UserInput {
  readonly text: string;
}

/** What reaches the script. */
export type BotInput =
  | { readonly kind: 'start'; readonly nodeId?: string; readonly message?: UserInput }
  | { readonly kind: 'message'; readonly message: UserInput }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'operatorNotFound' };

/** What can reach a block that waits. */
export type WakingKind = Exclude<BotInput['kind'], 'start'>;

/** Something the script says. */
export interface BotOutput {
  readonly nodeId: string;
  readonly body: string;
  readonly type: MessageType;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly ScenarioFile[];
  readonly actions: readonly Action[];
}

/** The script's wish for a person; with a fallback it goes on itself where nobody is there. */
export interface HandOver {
  readonly groupId: string | null;
  readonly announcement: string | null;
  readonly fallback: boolean;
}

/** How a turn ends; at most one of the three is not null. Times in milliseconds. */
export interface Ending {
  readonly pause: { readonly ms: number; readonly typing: boolean } | null;
  readonly deadline: number | null;
  readonly handOver: HandOver | null;
}

/** What a turn comes to. */
export interface Turn extends Ending {
  readonly state: BotState;
  readonly status: BotStatus;
  readonly outputs: readonly BotOutput[];
  /** What is to be kept of the client. */
  readonly facts: readonly FactWrite[];
  /** The blocks gone through, in order. */
  readonly path: readonly string[];
  /** What the turn went beyond and ended with `ERROR` for; null where it did not. */
  readonly overrun: Overrun | null;
}

/** What a turn is taken with; the engine has no clock, no randomness and no memory of its own. */
export interface TurnContext extends Omit<SystemSource, 'dialog'> {
  /** From 0 up to 1, not included. */
  random(): number;
  /** What is kept of the client. */
  readonly facts: FactLookup;
  /** Whether a session may go from one state to another, as far as the size of its data goes. */
  fits(before: BotState, after: BotState): boolean;
}

/** Where a block leads: to another one, or to the end of the turn. */
export type Next = Arrow | Turn;

/** A turn as the block sees it that it is at: what it can know, do, and end in. */
export interface BlockTurn extends Scope {
  readonly context: Omit<TurnContext, 'facts' | 'fits'>;
  /** The block itself: going there enters it again. */
  readonly at: Arrow;
  /** How long the scenario lets a block wait that does not say itself, in milliseconds; null for ever. */
  readonly clientTimeout: number | null;
  /** What the client said and no block has heard; null where that is nothing. */
  readonly unheard: string | null;
  /** Hears what the client said: to the blocks that follow it is said no more. */
  hear(): string;
  /** Gives a variable a value. */
  set(name: string, value: Scalar): void;
  /** Notes a result of the dialog. */
  note(name: string, value: Scalar): void;
  say(speech: Speech, type?: MessageType): void;
  /** Makes the last message of the turn the terminal one. */
  endWithLast(): void;
  /** Enters the block again, as often as the scenario has patience; then the client is lost. */
  repeat(): Next;
  /** Waits here for what wakes the block. */
  wait(until?: Partial<Pick<Ending, 'pause' | 'deadline'>>): Turn;
  /** Waits here for a person. */
  handOver(wish: HandOver): Turn;
  /** Ends the dialog. */
  stop(): Turn;
  /** Goes to the block for whoever is lost; without one the dialog ends so. */
  lost(status: BotStatus): Turn;
}
