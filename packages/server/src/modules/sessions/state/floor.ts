import type { BotInput, BotUserMessage } from './bot-input.ts';

/** How often waiting sessions are looked at, beside every time that a person comes free. */
export const LOOK_MS = 30_000;

/**
 * Who answers in a session, as one state. Instants are milliseconds of the epoch. Whatever follows from a change of it
 * (timers, events, typing, aborted questions, the documented fields) is derived from before and after.
 */
export type Floor = BotFloor | QueueFloor | HelpFloor | PersonFloor | ClosedFloor;

/** A bot answers, or is about to. */
export interface BotFloor {
  readonly at: 'bot';
  readonly bot: { readonly id: string; readonly name: string };
  readonly since: number;
  readonly phase: Phase;
  /** What it is here for; a follow-up is named by the end that began it. */
  readonly role: 'first' | 'named' | 'handBack' | FollowUp;
  /** The wish of a hand-over that found nobody, after which a bot went on. */
  readonly wish: Wish | null;
}

/** Where a bot stands within its conversation. */
export type Phase =
  /** It has not spoken yet: until the client writes, or until somebody joins, `at` at the latest. */
  | {
      readonly is: 'silent';
      readonly until: 'message' | 'join';
      readonly at: number | null;
      readonly nodeId?: string;
      /** What the client began with, which the first words answer. */
      readonly message?: BotUserMessage;
    }
  /** It waits for the client, for ever or until a deadline. */
  | { readonly is: 'waiting'; readonly deadline: number | null }
  /** It goes on by itself. */
  | { readonly is: 'pausing'; readonly until: number; readonly typing: boolean }
  /** It was asked elsewhere and has not answered the first of its inbox; `promised` is how long that may take. */
  | { readonly is: 'asking'; readonly inbox: readonly [Question, ...Question[]]; readonly promised: number | null }
  /** The caller of a dialog takes over himself. */
  | { readonly is: 'handedOut' };

/** An input put to a bot elsewhere. */
export interface Question {
  readonly id: string;
  readonly input: BotInput;
  readonly askedAt: number;
}

/** An end of something that a chat can let another script follow. */
export type FollowUp = 'botEnded' | 'operatorEnded' | 'clientTimeout' | 'operatorNotFound';

/** A wish for a person: kept whatever becomes of the session until somebody takes it. */
export interface Wish {
  readonly group: string | null;
  /** Since when; later hand-overs of the same conversation keep it. */
  readonly since: number;
  /** Higher is more urgent. */
  readonly priority: number;
  /** What the next operator is told. */
  readonly note: string | null;
  readonly skills: readonly { readonly name: string; readonly level: number; readonly until: number | null }[];
  readonly prefer: { readonly person: number; readonly until: number } | null;
  /** Who had it and did not answer. */
  readonly not: readonly number[];
  /** What follows where nobody is there: the bot's own branch, the chat's script, or the help list at once. */
  readonly else: 'bot' | 'script' | 'help';
  /** How often the bot's own branch was taken. */
  readonly misses: number;
  /** Whether the client was told that nobody is there. */
  readonly busyTold: boolean;
  readonly from: 'bot' | 'person' | 'idle' | 'offline' | 'failure';
}

/** It waits for a person: routing is about to decide, or it stands in the queue. */
export interface QueueFloor {
  readonly at: 'queue';
  readonly wish: Wish;
  /** To whom it is offered, where people accept or decline. */
  readonly offer: { readonly to: number; readonly until: number } | null;
  readonly stage:
    | { readonly is: 'placing'; readonly at: number }
    | {
        readonly is: 'waiting';
        readonly until: number | null;
        readonly remindAt: number | null;
        /** The position the client was told last. */
        readonly told: number | null;
      };
}

/** Nobody is there: it waits in the help list. */
export interface HelpFloor {
  readonly at: 'help';
  readonly wish: Wish;
  readonly since: number;
  /** When somebody is looked for again, beside every time that a person comes free. */
  readonly lookAt: number;
  readonly why: 'nobody' | 'waitedOut' | 'hours' | 'botFailed';
}

/** A person answers. */
export interface PersonFloor {
  readonly at: 'person';
  readonly id: number;
  readonly name: string;
  readonly since: number;
  /** Since when the person is away; null while it is there. */
  readonly awaySince: number | null;
  readonly wish: Wish | null;
  readonly by: 'routing' | 'named' | 'took' | 'passedOn';
  readonly why: Why | null;
}

/** Nobody answers any more. */
export interface ClosedFloor {
  readonly at: 'closed';
  readonly when: number;
  /** Who answered last. */
  readonly last: {
    readonly type: 'BOT' | 'OPERATOR';
    readonly id: string;
    readonly name: string;
    readonly since: number | null;
  } | null;
  readonly by: CloseReason;
}

/** What closed a session; `before` for those closed before it was noted. */
export type CloseReason =
  | 'operator'
  | 'client'
  | 'bot'
  | 'expired'
  | 'spam'
  | 'chatDeleted'
  | 'failure'
  | 'finished'
  | 'before';

/** Why routing gave a session to a person: the rule, and what the snapshot showed. */
export interface Why {
  /** `preferred`: the one wished for; `leastLoaded`: the lowest load; `longestSince`: of equals, given one longest ago. */
  readonly rule: 'preferred' | 'leastLoaded' | 'longestSince';
  /** How many could have got it. */
  readonly of: number;
  readonly load: number;
  readonly capacity: number | null;
  /** Milliseconds since the wish. */
  readonly waited: number;
  /** How many of the group could not, by reason. */
  readonly skipped: {
    readonly offline: number;
    readonly paused: number;
    readonly full: number;
    readonly unskilled: number;
    readonly excluded: number;
  };
}

/** Whether routing is about to decide. */
export function isPlacing(floor: Floor): boolean {
  return floor.at === 'queue' && floor.stage.is === 'placing';
}

/** Whether what was begun goes on by itself in a moment, so that a caller who wants the answer waits for it. */
export function settling(floor: Floor): boolean {
  if (floor.at === 'queue') return isPlacing(floor);
  return floor.at === 'bot' && (floor.phase.is === 'asking' || floor.phase.is === 'pausing');
}

/** Whether the client sees the bot typing. */
export function botTypes(floor: Floor): boolean {
  if (floor.at !== 'bot') return false;
  return floor.phase.is === 'asking' || (floor.phase.is === 'pausing' && floor.phase.typing);
}

/** The question a bot elsewhere is to answer next; undefined where none is open. */
export function openQuestion(floor: Floor): Question | undefined {
  return floor.at === 'bot' && floor.phase.is === 'asking' ? floor.phase.inbox[0] : undefined;
}
