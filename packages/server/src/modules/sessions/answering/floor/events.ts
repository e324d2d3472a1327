import type { BotInput, BotUserMessage } from '../../state/bot-input.ts';
import type { ClosedFloor, FollowUp, Why } from '../../state/floor.ts';

/** A bot as the floor names it. */
export interface NamedBot {
  readonly id: string;
  readonly name: string;
}

/** A person as far as the floor is concerned. */
export interface NamedPerson {
  readonly id: number;
  readonly name: string;
  /** Whether it is away now; who never used statuses is not. */
  readonly away: boolean;
}

/** Whom a bot wants people of, as it says it. */
export interface TurnWish {
  readonly group: string | null;
  readonly note: string | null;
  /** Whether the bot itself goes on where nobody is there. */
  readonly fallback: boolean;
}

/** What a turn of a bot came to. `question` is what it answered, null where the bot took its turn here. */
interface TurnOutcome {
  readonly question: string | null;
}

/**
 * Everything that can happen to a floor, by the numbers of the table in SPEC.md. An event says what happened, never what
 * is to follow.
 */
export type FloorEvent =
  /** 1 */
  | { readonly is: 'clientSaid'; readonly message: BotUserMessage; readonly question: string; readonly nodeId?: string }
  /** 2 */
  | { readonly is: 'clientJoined'; readonly question: string }
  /** 3 */
  | ({ readonly is: 'turnWaits'; readonly deadline: number | null } & TurnOutcome)
  /** 4 */
  | ({ readonly is: 'turnPauses'; readonly until: number; readonly typing: boolean } & TurnOutcome)
  /** 5 */
  | ({ readonly is: 'turnWishes'; readonly wish: TurnWish } & TurnOutcome)
  /** 6: `next` is the question a script that follows is asked. */
  | ({ readonly is: 'turnEnds'; readonly next: string } & TurnOutcome)
  /** 7: a turn or a question failed, a promise was not kept, the bot is gone. */
  | ({ readonly is: 'failed' } & TurnOutcome)
  /** 8 */
  | { readonly is: 'promised'; readonly question: string; readonly until: number }
  /** 9 */
  | { readonly is: 'botDue'; readonly question: string }
  /** 10 */
  | { readonly is: 'given'; readonly to: NamedPerson; readonly why: Why }
  /** 11 */
  | { readonly is: 'none'; readonly why: 'nobody' | 'waitedOut' | 'hours'; readonly question: string }
  /** 12 */
  | { readonly is: 'waitDue'; readonly question: string }
  /** 13 */
  | { readonly is: 'answerDue' }
  /** 14 */
  | { readonly is: 'gone'; readonly person: number }
  /** 15 */
  | { readonly is: 'back'; readonly person: number }
  /** 16 */
  | { readonly is: 'lifeDue'; readonly question: string }
  /** 17 */
  | { readonly is: 'operatorSaid'; readonly by: NamedPerson; readonly oversees: boolean }
  /** 18 */
  | { readonly is: 'take'; readonly to: NamedPerson; readonly by: 'named' | 'took' }
  /** 19 */
  | { readonly is: 'toGroup'; readonly group: string | null; readonly note: string | null }
  /** 20 */
  | { readonly is: 'toBot'; readonly bot: NamedBot; readonly again: boolean; readonly question: string }
  /** 21 */
  | { readonly is: 'add'; readonly person: NamedPerson }
  /** 22 */
  | { readonly is: 'remove'; readonly person: number; readonly question: string }
  /** 23 */
  | { readonly is: 'close'; readonly question: string }
  /** 24 */
  | { readonly is: 'end'; readonly by: 'spam' | 'chatDeleted' | 'finished' | 'client' }
  /** 25 */
  | { readonly is: 'rewish'; readonly priority: number }
  /** 26: a note, typing, somebody listens, the client left. */
  | { readonly is: 'aside'; readonly what: 'left' | 'work' }
  /** 27 */
  | { readonly is: 'clientClosed' }
  /** 28 */
  | { readonly is: 'queueEnds'; readonly question: string }
  /** 29 */
  | { readonly is: 'away'; readonly person: number }
  /** 30 */
  | { readonly is: 'groupGone'; readonly group: string };

/** What an event goes by that is not in the floor: read inside the step, never beside it. */
export interface Facts {
  readonly now: number;
  /** A dialog of the bot API: it has no people. */
  readonly dialog: boolean;
  readonly banned: boolean;
  /** The bot that answered last, null where it is gone. */
  readonly bot: NamedBot | null;
  /** Since when that bot answers, where nobody else did meanwhile. */
  readonly botSince: number | null;
  /** The chat's scripts that exist and have not run here. */
  readonly scripts: Readonly<Partial<Record<FollowUp, NamedBot>>>;
  /** The chat's script for a session that is handed back. */
  readonly reload: NamedBot | null;
  /** What the client is told where nobody is there; empty: nothing. */
  readonly busyText: string;
  /** When the session ends if nothing happens. */
  readonly lifeEnds: number;
  /** When the person who answers has been silent for as long as the chat allows; null where it owes nothing. */
  readonly answerDue: number | null;
  /** Whether that person has answered since it was given the session. */
  readonly answered: boolean;
  /** Who takes part, by id. */
  readonly party: readonly number[];
  /** Somebody of the party who can take over, beside whom the event is about. */
  readonly standIn: NamedPerson | null;
  /** What stays named where somebody answered last. */
  readonly last: ClosedFloor['last'];
}

/** What is to be done in the same step, in order. Everything else is derived from the floors before and after. */
export type Command =
  /** The bot begins anew with the variables there are. */
  | { readonly do: 'begin'; readonly bot: NamedBot }
  /** The bot on the floor takes a turn; elsewhere it is asked, under the id. */
  | { readonly do: 'turn'; readonly input: BotInput; readonly question: string }
  /** The house says something in the bot's name. */
  | { readonly do: 'house'; readonly text: string }
  | { readonly do: 'join'; readonly person: NamedPerson }
  | { readonly do: 'part'; readonly person: number }
  /** The follow-up for this end has run. */
  | { readonly do: 'ran'; readonly end: FollowUp }
  /** The bot's memory notes that it failed. */
  | { readonly do: 'failed' }
  /** Routing is to look at the waiting sessions of a group; null: of the company. */
  | { readonly do: 'route'; readonly group: string | null };

/** Why an event is refused: codes of the error table. */
export type Refusal =
  | 'client-banned'
  | 'session-closed'
  | 'dialog-ended'
  | 'entity-not-found'
  | 'operator-not-in-session'
  | 'answer-late';
