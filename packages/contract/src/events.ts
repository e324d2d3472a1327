import { Type, type Static, type TSchema } from 'typebox';
import { Action, Attachment, AuthorType, Keyboard, MessageType, ReplyToMessage } from './message-parts.ts';
import { DateTime, Nullable, OneOf, Said, Uuid } from './primitives.ts';

/** Place of an event in its session: 1, 2, 3 …; absent on events that leave no trace, such as typing. */
const Placed = { eventSeq: Type.Integer({ minimum: 1 }) };

/** A documented client receives `BOT` and `OPERATOR` alone; connections that ask for `settings.echo` their own as well. */
export const ChatMessageCreated = Said('A message was written.', {
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
 * Every live event: an entry is all that the wire has to know of it. Its name, its types and its part of the documents
 * follow from here.
 */
export const eventSchemas = {
  showTypingIndicator: Said(
    'The bot or operator types. Hide it after 5 seconds, or with the next message. It leaves no trace.',
    { authorType: OneOf(['BOT', 'OPERATOR'] as const) },
  ),
  chatMessageCreated: ChatMessageCreated,
  chatMessagePart: Said(
    'A part of a message that a bot is still at, to connections that asked for `echo`; at most ten a second. It leaves no trace. The whole comes as `chatMessageCreated` with the same `id`; drop the parts where it does not: with the next message, `operatorChanged` or `sessionClosed`.',
    {
      id: Uuid,
      at: Type.Integer({
        minimum: 0,
        description:
          'the character, in UTF-16 code units, that the text begins at; whatever was shown from there on is replaced',
      }),
      text: Type.String(),
      done: Type.Boolean({ description: 'whether it is the last part' }),
    },
  ),
  chatMessageEdited: Said('An operator changed what was said.', {
    id: Uuid,
    body: Type.String(),
    updatedAt: DateTime,
    ...Placed,
  }),
  chatMessageDeleted: Said('An operator took back what was said.', { id: Uuid, ...Placed }),
  chatMessageRead: Said("The operator read the client's message.", { messageId: Uuid, ...Placed }),
  operatorChanged: Said('The session passed from a bot or operator to another.', {
    operatorId: Type.String(),
    operatorName: Nullable(Type.String()),
    avatar: Nullable(Type.String()),
    previousOperatorId: Nullable(Type.String()),
    previousOperatorName: Nullable(Type.String()),
    previousOperatorAvatar: Nullable(Type.String()),
    ...Placed,
  }),
  sessionClosed: Said('The session ended: by an operator, by its bot or by its life time.', {
    sessionId: Uuid,
    chatId: Uuid,
    sessionRatingRequired: Type.Boolean(),
    ...Placed,
  }),
  ratingRequested: Said('The chat asks for a rating while the session goes on.', {
    sessionId: Uuid,
    ratingType: OneOf(['2', '5', '10'] as const),
    ratingText: Type.String(),
    ...Placed,
  }),
} as const satisfies Record<string, TSchema>;

/** Name of a live event. */
export type EventName = keyof typeof eventSchemas;
/** Names of the live events a client receives. */
export const EventName = Object.fromEntries(Object.keys(eventSchemas).map((name) => [name, name])) as {
  readonly [K in EventName]: K;
};

/** Payload types of the live events by name. */
export type EventPayloads = { [K in EventName]: Static<(typeof eventSchemas)[K]> };

/** What the end of a session says. */
export type SessionClosed = EventPayloads['sessionClosed'];

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
