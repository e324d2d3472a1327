import {
  EventName,
  wireDate,
  type Action,
  type Attachment,
  type AuthorType,
  type ChatMessageCreated,
  type EventPayloads,
  type Keyboard,
  type MessageType,
  type NotifyEventName,
  type ReplyToMessage,
} from '@molva/contract';
import type { CommittedEvent, PassingEvent } from '../../../platform/announcer.ts';
import type { FactWrite } from './bot-port.ts';
import type { Delivery, Notifier } from './outgoing-calls.ts';
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
}

/** A message with its place in the session. */
export interface PlacedMessage extends NewMessage {
  readonly seq: number;
  readonly eventSeq: number;
  readonly createdAt: number;
}

/** A change of a message that was written before. */
export type MessageChange =
  | { readonly kind: 'edit'; readonly id: string; readonly body: string; readonly extras: string | null }
  | { readonly kind: 'delete'; readonly id: string; readonly eventSeq: number }
  | { readonly kind: 'read'; readonly id: string };

/** A row of `due` to be written in the same commit. */
export interface DueWish {
  readonly kind:
    | 'session-expiry'
    | 'session-bot'
    | 'session-ask'
    | 'session-delivery'
    | 'session-idle'
    | 'session-rating';
  readonly at: number;
}

/**
 * One step of a session as it is being made up: what is added and changed, in order. Nothing is true until it is
 * committed; a lost race throws the draft away and makes another.
 */
export class Draft {
  readonly before: HotSession;
  readonly now: number;
  readonly messages: PlacedMessage[] = [];
  readonly events: CommittedEvent[] = [];
  readonly deliveries: Delivery[] = [];
  readonly passing: PassingEvent[] = [];
  readonly facts: (FactWrite & { readonly botId: string })[] = [];
  /** What bots did, kept for dialogs alone. */
  readonly traces: string[] = [];
  change: MessageChange | null = null;
  readonly #due = new Map<DueWish['kind'], number>();
  readonly #notifier: Notifier;
  #session: HotSession;

  constructor(before: HotSession, now: number, notifier: Notifier) {
    this.before = before;
    this.now = now;
    this.#session = before;
    this.#notifier = notifier;
  }

  /** The session as it will be. */
  get session(): HotSession {
    return this.#session;
  }

  /** Whether there is anything to commit. */
  get empty(): boolean {
    return this.#session === this.before && this.#due.size === 0 && this.change === null;
  }

  /** The timers to be written, one of a kind. */
  get due(): readonly DueWish[] {
    return [...this.#due].map(([kind, at]) => ({ kind, at }));
  }

  /** Wishes for a timer of the session; the earlier of two wishes stays. */
  wakeAt(kind: DueWish['kind'], at: number): void {
    this.#due.set(kind, Math.min(at, this.#due.get(kind) ?? at));
  }

  /** Changes fields of the session. */
  set(change: Partial<Omit<HotSession, 'id' | 'version' | 'lastSeq' | 'lastEventSeq'>>): void {
    this.#session = { ...this.#session, ...change };
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
    const fromOperator = message.authorType === 'OPERATOR';
    const { firstClientMessageAfterAt, lastOperatorMessageAt, unread } = this.#session;
    this.messages.push(placed);
    this.#session = {
      ...this.#session,
      lastSeq: placed.seq,
      lastMessageAt: this.now,
      unread: fromClient ? unread + 1 : unread,
      firstClientMessageAfterAt: fromClient
        ? (firstClientMessageAfterAt ?? this.now)
        : fromOperator
          ? null
          : firstClientMessageAfterAt,
      lastOperatorMessageAt: fromOperator ? this.now : lastOperatorMessageAt,
    };
    this.addEvent(EventName.chatMessageCreated, messagePayload(this.#session.id, placed), fromClient ? 'client' : null);
    const push = fromClient ? undefined : this.#notifier.push(this.#session, placed);
    if (push !== undefined) this.deliver(push);
    return placed;
  }

  /** Adds an event to the log; its `eventSeq` is filled in. */
  addEvent<N extends EventName>(
    event: N,
    payload: Omit<EventPayloads[N], 'eventSeq'>,
    audience: string | null = null,
  ): void {
    const eventSeq = this.#session.lastEventSeq + 1;
    const data = { ...payload, eventSeq };
    this.events.push({ eventSeq, event, data: JSON.stringify(data), audience });
    this.#session = { ...this.#session, lastEventSeq: eventSeq };
    const name = notificationOf[event];
    if (name !== undefined) this.notify(name, data);
  }

  /** Tells the integrator's webhook, if it asked for this. */
  notify(event: NotifyEventName, data: unknown): void {
    const delivery = this.#notifier.notify(event, data, this.now);
    if (delivery !== undefined) this.deliver(delivery);
  }

  /** Adds an outgoing call. */
  deliver(delivery: Delivery): void {
    this.deliveries.push(delivery);
    this.wakeAt('session-delivery', this.now);
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
    this.passing.push({ event: EventName.showTypingIndicator, data: JSON.stringify({ authorType }) });
  }

  /** Ends the session and says so. */
  close(sessionRatingRequired: boolean): void {
    if (this.#session.status === 'CLOSED') return;
    for (const delivery of this.#notifier.results(this.#session)) this.deliver(delivery);
    const { bot, options } = this.#session;
    // What a dialog came to can be asked for after its end.
    const kept = options.dialog === undefined || bot === null ? null : { ...bot, wake: null, asked: [] };
    this.set({ status: 'CLOSED', closedAt: this.now, bot: kept });
    this.addEvent(EventName.sessionClosed, {
      sessionId: this.#session.id,
      chatId: this.#session.chatId ?? '',
      sessionRatingRequired,
    });
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

function messagePayload(sessionId: string, message: PlacedMessage): Omit<ChatMessageCreated, 'eventSeq'> {
  return {
    id: message.id,
    authorType: message.authorType,
    body: message.body,
    answers: [...(message.answers ?? [])],
    ...(message.keyboard ? { keyboard: message.keyboard } : {}),
    createdAt: wireDate(message.createdAt),
    sessionId,
    attachments: [...(message.attachments ?? [])],
    actions: [...(message.actions ?? [])],
    ...(message.avatar === undefined ? {} : { avatar: message.avatar }),
    authorId: message.authorId,
    authorName: message.authorName,
    type: message.type ?? 'REGULAR',
    ...(message.replyTo === undefined ? {} : { replyId: message.replyTo.id, replyToMessage: message.replyTo }),
    ...(message.clientMessageId === undefined ? {} : { clientMessageId: message.clientMessageId }),
    seq: message.seq,
  };
}
