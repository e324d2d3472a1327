import {
  EventName,
  type Action,
  type Attachment,
  type AuthorType,
  type EventPayloads,
  type Keyboard,
  type MessageType,
  type NotifyEventName,
  type ReplyToMessage,
} from '@molva/contract';
import type { CommittedEvent, PassingEvent } from '../../../platform/announcer.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { Vault } from '../../../platform/vault.ts';
import type { BotTurn, FactWrite, ReadyBot, SpokenPart } from './bot-port.ts';
import { createdEvent, textedEvent, type TextedEvent } from './created-event.ts';
import { notifierFor, type Delivery, type Notifier } from './outgoing-calls.ts';
import { documented, type Documented } from './floor-view.ts';
import type { Floor } from './floor.ts';
import type { ROUTE_KIND, ROUTE_OPERATOR_KIND } from './operator-keys.ts';
import { checkData } from './session-data.ts';
import type { HotSession } from './session.ts';

/** A message about to be written. */
export interface NewMessage {
  readonly id: string;
  readonly authorType: AuthorType;
  readonly authorId: string;
  readonly authorName: string;
  readonly body: string;
  readonly type?: MessageType;
  readonly answers?: readonly string[];
  readonly keyboard?: Keyboard | null;
  readonly attachments?: readonly Attachment[];
  readonly actions?: readonly Action[];
  readonly avatar?: string;
  readonly replyTo?: ReplyToMessage | undefined;
  readonly clientMessageId?: string | undefined;
  /** The bot's block that said it, kept for dialogs. */
  readonly nodeId?: string | undefined;
  /** Said by somebody who oversees and does not answer: whoever answers still owes one. */
  readonly aside?: boolean | undefined;
}

/** A message with its place in the session. */
export interface PlacedMessage extends NewMessage {
  readonly seq: number;
  readonly eventSeq: number;
  readonly createdAt: number;
}

/** A change of a message that was written before. */
export type MessageChange =
  | {
      readonly kind: 'edit';
      readonly id: string;
      readonly body: string;
      readonly extras: string | null;
      /** As it was before: the log goes on to tell what was said first. */
      readonly said: PlacedMessage;
    }
  | { readonly kind: 'delete'; readonly id: string; readonly eventSeq: number }
  | { readonly kind: 'read'; readonly id: string };

/** The timers of a session, and those it wishes for others: of a group that people are looked for, of somebody freed. */
export type TimerKind =
  | 'session-expiry'
  | 'session-bot'
  | 'session-ask'
  | 'session-wait'
  | 'session-hold'
  | 'session-delivery'
  | 'session-visitor-delivery'
  | 'session-rating'
  | typeof ROUTE_KIND
  | typeof ROUTE_OPERATOR_KIND;

/** A row of `due` to be written in the same commit. */
export interface DueWish {
  readonly kind: TimerKind;
  readonly key: string;
  readonly at: number;
}

/** The seat of a person who is being given the session; with an epoch it must be the one that was seen. */
export interface SeatGuard {
  readonly userId: number;
  readonly epoch: number | null;
}

/** What making a step up needs. */
export interface DraftPorts {
  readonly ids: Ids;
  readonly vault: Vault;
}

/**
 * One step of a session as it is being made up: what is added and changed, in order. Nothing is true until it is
 * committed; a lost race throws the draft away and makes another.
 */
export class Draft {
  readonly before: HotSession;
  /** The chat it belongs to: the rules it goes by. */
  readonly chat: ChatRecord;
  readonly now: number;
  readonly messages: PlacedMessage[] = [];
  readonly events: CommittedEvent[] = [];
  readonly deliveries: Delivery[] = [];
  readonly passing: PassingEvent[] = [];
  readonly facts: (FactWrite & { readonly botId: string })[] = [];
  /** What bots did, kept for dialogs alone. */
  readonly traces: string[] = [];
  change: MessageChange | null = null;
  /** Written with the step, or the step is not. */
  seat: SeatGuard | null = null;
  readonly #due = new Map<string, DueWish>();
  readonly #notifier: Notifier;
  #session: HotSession;

  constructor(before: HotSession, chat: ChatRecord, now: number, { ids, vault }: DraftPorts) {
    this.before = before;
    this.chat = chat;
    this.now = now;
    this.#session = before;
    this.#notifier = notifierFor(before, chat, ids, vault);
  }

  /** The session as it will be. */
  get session(): HotSession {
    return this.#session;
  }

  /** Whether there is anything to commit. */
  get empty(): boolean {
    return this.#session === this.before && this.#due.size === 0 && this.change === null;
  }

  /** The timers to be written, one of a kind and key; in one order, as sessions share some and lock them so. */
  get due(): readonly DueWish[] {
    return [...this.#due.keys()].sort().flatMap((name) => this.#due.get(name) ?? []);
  }

  /** Wishes for a timer, of the session where no other key is named; the earlier of two wishes stays. */
  wakeAt(kind: TimerKind, at: number, key: string = this.before.id): void {
    const name = `${kind} ${key}`;
    this.#due.set(name, { kind, key, at: Math.min(at, this.#due.get(name)?.at ?? at) });
  }

  /**
   * Changes fields of the session that are its own; who answers changes by `setFloor`. Throws `data-too-large` where the
   * bot's state would be.
   */
  set(
    change: Partial<Omit<HotSession, 'id' | 'version' | 'lastSeq' | 'lastEventSeq' | 'floor' | keyof Documented>>,
  ): void {
    if (change.bot) checkData(this.#session.bot?.state ?? null, change.bot.state);
    this.#session = { ...this.#session, ...change };
  }

  /** Lets another floor be that of the session, and with it the documented fields; nothing that follows from it. */
  setFloor(floor: Floor): void {
    const { floor: was, bot } = this.#session;
    const failed = bot?.failed === true;
    this.#session = { ...this.#session, floor, ...documented(floor, this.#session, was, failed) };
  }

  /** Adds a message and its event. */
  addMessage(message: NewMessage): PlacedMessage {
    const placed: PlacedMessage = {
      ...message,
      seq: this.#session.lastSeq + 1,
      eventSeq: this.#session.lastEventSeq + 1,
      createdAt: this.now,
    };
    const fromClient = message.authorType === 'CLIENT';
    const fromOperator = message.authorType === 'OPERATOR' && message.aside !== true;
    const { firstClientMessageAfterAt, lastOperatorMessageAt, unread } = this.#session;
    this.messages.push(placed);
    this.#session = {
      ...this.#session,
      lastSeq: placed.seq,
      lastEventSeq: placed.eventSeq,
      lastMessageAt: this.now,
      unread: fromClient ? unread + 1 : unread,
      firstClientMessageAfterAt: fromClient
        ? (firstClientMessageAfterAt ?? this.now)
        : fromOperator
          ? null
          : firstClientMessageAfterAt,
      lastOperatorMessageAt: fromOperator ? this.now : lastOperatorMessageAt,
    };
    this.#log(createdEvent(this.#session.id, placed));
    if (!fromClient) this.#deliver(this.#notifier.push(this.#session, placed));
    return placed;
  }

  /**
   * Adds an event to the log; its `eventSeq` is filled in.
   * @param confidential what receivers of the company are told with it, and nobody else
   */
  addEvent<N extends EventName>(event: N, payload: Omit<EventPayloads[N], 'eventSeq'>, confidential?: object): void {
    const eventSeq = this.#session.lastEventSeq + 1;
    this.#session = { ...this.#session, lastEventSeq: eventSeq };
    const texted = textedEvent(event, eventSeq, payload, null);
    this.#log(texted, confidential);
  }

  /** Adds what happened under the number that the session counts already. */
  #log<N extends EventName>({ eventSeq, event, audience, data, payload }: TextedEvent<N>, confidential?: object): void {
    this.events.push({ eventSeq, event, data, audience });
    const name = notificationOf[event];
    if (name !== undefined) this.notify(name, payload, confidential);
  }

  /**
   * Tells the integrator's webhook, if it asked for this.
   * @param confidential what of it only receivers of the company hear
   */
  notify(event: NotifyEventName, data: object, confidential?: object): void {
    this.#deliver(this.#notifier.notify(event, data, this.now, confidential));
  }

  /** Takes a bot's answers to the callback addresses of the session. */
  tellAnswers(bot: ReadyBot, turn: BotTurn): void {
    this.#deliver(this.#notifier.answers(this.#session, bot, turn));
  }

  #deliver(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.deliveries.push(delivery);
      // A visitor's receiver that is slow keeps no call of the company waiting.
      this.wakeAt(delivery.caller === null ? 'session-delivery' : 'session-visitor-delivery', this.now);
    }
  }

  /** Keeps facts about the client; the last value of a name stays. */
  saveFacts(botId: string, facts: readonly FactWrite[]): void {
    for (const fact of facts) {
      const at = this.facts.findIndex(
        ({ botId: by, context, name }) => by === botId && context === fact.context && name === fact.name,
      );
      if (at >= 0) this.facts.splice(at, 1);
      this.facts.push({ ...fact, botId });
    }
  }

  /** Shows that the other side is typing, once the step is committed. */
  showTyping(authorType: 'BOT' | 'OPERATOR'): void {
    this.#pass(EventName.showTypingIndicator, { authorType }, null);
  }

  /** Shows a part of a message that a bot is at, once the step is committed, to connections that asked for the echo. */
  showPart(id: string, { at, text }: SpokenPart, done: boolean): void {
    this.#pass(EventName.chatMessagePart, { id, at, text, done }, 'client');
  }

  #pass<N extends EventName>(event: N, payload: EventPayloads[N], audience: string | null): void {
    this.passing.push({ event, data: JSON.stringify(payload), audience });
  }

  /** The calls that tell how a dialog came to its end. */
  tellResults(): void {
    this.#deliver(this.#notifier.results(this.#session));
  }
}

const notificationOf: Partial<Record<EventName, NotifyEventName>> = {
  chatMessageCreated: 'MESSAGE_CREATED',
  chatMessageEdited: 'MESSAGE_EDITED',
  chatMessageDeleted: 'MESSAGE_DELETED',
  chatMessageRead: 'MESSAGE_READ',
  operatorChanged: 'OPERATOR_CHANGED',
  sessionClosed: 'SESSION_CLOSED',
};
