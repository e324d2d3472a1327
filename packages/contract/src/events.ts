import { Type, type Static, type TSchema } from 'typebox';
import { Action, Attachment, AuthorType, Keyboard, MessageType, ReplyToMessage } from './message-parts.ts';
import { DateTime, Nullable, OneOf, Uuid } from './primitives.ts';

/** Names of the live events a client receives. */
export const EventName = {
  showTypingIndicator: 'showTypingIndicator',
  chatMessageCreated: 'chatMessageCreated',
  chatMessagePart: 'chatMessagePart',
  chatMessageEdited: 'chatMessageEdited',
  chatMessageDeleted: 'chatMessageDeleted',
  chatMessageRead: 'chatMessageRead',
  operatorChanged: 'operatorChanged',
  sessionClosed: 'sessionClosed',
  ratingRequested: 'ratingRequested',
} as const;
export type EventName = (typeof EventName)[keyof typeof EventName];

/** Place of an event in its session: 1, 2, 3 …; absent on events that leave no trace, such as typing. */
const Placed = { eventSeq: Type.Integer({ minimum: 1 }) };

const TypingIndicator = Type.Object({ authorType: OneOf(['BOT', 'OPERATOR'] as const) });

/**
 * A message was written. A documented client receives `BOT` and `OPERATOR` alone; connections that ask for
 * `settings.echo` receive the client's own as well.
 */
export const ChatMessageCreated = Type.Object({
  id: Uuid,
  authorType: AuthorType,
  body: Type.String(),
  answers: Type.Array(Type.String()),
  keyboard: Type.Optional(Keyboard),
  createdAt: DateTime,
  sessionId: Uuid,
  attachments: Type.Array(Attachment),
  actions: Type.Array(Action),
  avatar: Type.Optional(Type.String()),
  authorId: Type.Optional(Type.String()),
  authorName: Type.Optional(Type.String()),
  type: Type.Optional(MessageType),
  replyId: Type.Optional(Uuid),
  replyToMessage: Type.Optional(ReplyToMessage),
  clientMessageId: Type.Optional(Type.String()),
  seq: Type.Integer({ minimum: 1 }),
  ...Placed,
});
export type ChatMessageCreated = Static<typeof ChatMessageCreated>;

/**
 * New text of a message that a bot is still at; it leaves no trace, and only connections that ask for `settings.echo`
 * receive it. The whole comes as `chatMessageCreated` under the same id.
 */
const ChatMessagePart = Type.Object({
  id: Uuid,
  at: Type.Integer({
    minimum: 0,
    description:
      'the character, in UTF-16 code units, that the text begins at; whatever was shown from there on is replaced',
  }),
  text: Type.String(),
  done: Type.Boolean({ description: 'whether it is the last part' }),
});

/** The dialog passed from a bot or operator to another. */
const OperatorChanged = Type.Object({
  operatorId: Type.String(),
  operatorName: Nullable(Type.String()),
  avatar: Nullable(Type.String()),
  previousOperatorId: Nullable(Type.String()),
  previousOperatorName: Nullable(Type.String()),
  previousOperatorAvatar: Nullable(Type.String()),
  ...Placed,
});

/** The session ended: by an operator, by its bot or by its life time. */
const SessionClosed = Type.Object({
  sessionId: Uuid,
  chatId: Uuid,
  sessionRatingRequired: Type.Boolean(),
  ...Placed,
});
export type SessionClosed = Static<typeof SessionClosed>;

/** The chat asks for a rating while the session goes on. */
const RatingRequested = Type.Object({
  sessionId: Uuid,
  ratingType: OneOf(['2', '5', '10'] as const),
  ratingText: Type.String(),
  ...Placed,
});

/** Payload schema of every live event. */
export const eventSchemas = {
  showTypingIndicator: TypingIndicator,
  chatMessageCreated: ChatMessageCreated,
  chatMessagePart: ChatMessagePart,
  chatMessageEdited: Type.Object({ id: Uuid, body: Type.String(), updatedAt: DateTime, ...Placed }),
  chatMessageDeleted: Type.Object({ id: Uuid, ...Placed }),
  chatMessageRead: Type.Object({ messageId: Uuid, ...Placed }),
  operatorChanged: OperatorChanged,
  sessionClosed: SessionClosed,
  ratingRequested: RatingRequested,
} as const satisfies Record<EventName, TSchema>;

/** Payload types of the live events by name. */
export type EventPayloads = { [K in EventName]: Static<(typeof eventSchemas)[K]> };

/** What travels in a publication: the event's name and its payload. */
export type EventEnvelope = { [K in EventName]: { event: K; data: EventPayloads[K] } }[EventName];

/** An event as the log gives it back. */
export const LoggedEvent = Type.Object({
  eventSeq: Type.Integer({ minimum: 1 }),
  event: OneOf(Object.values(EventName)),
  data: Type.Record(Type.String(), Type.Unknown()),
  createdAt: DateTime,
});
export type LoggedEvent = EventEnvelope & { eventSeq: number; createdAt: string };

/** A page of the event log, oldest first. */
export const EventPage = Type.Object({ items: Type.Array(LoggedEvent), hasMore: Type.Boolean() });
export type EventPage = { items: LoggedEvent[]; hasMore: boolean };

/** Words of `notifyOnEvents`, with the live event that says the same where there is one. */
export const notifyEvents = {
  SESSION_STARTED: 'chatSessionStarted',
  SESSION_CLOSED: 'sessionClosed',
  MESSAGE_CREATED: 'chatMessageCreated',
  MESSAGE_EDITED: 'chatMessageEdited',
  MESSAGE_DELETED: 'chatMessageDeleted',
  MESSAGE_READ: 'chatMessageRead',
  OPERATOR_CHANGED: 'operatorChanged',
  OPERATOR_NOT_FOUND: 'operatorNotFound',
  SESSION_RATED: 'sessionRated',
  SESSION_SPAM: 'chatSessionSpam',
  CLIENT_ONLINE: 'clientOnline',
  CLIENT_OFFLINE: 'clientOffline',
} as const;
/** A word of `notifyOnEvents` in its own spelling. */
export type NotifyEventName = keyof typeof notifyEvents;

/** Accepts both spellings of a notification's name. */
export const NotifyEvent = OneOf([
  ...(Object.keys(notifyEvents) as NotifyEventName[]),
  ...Object.values(notifyEvents),
] as const);
