import { Type, type Static } from 'typebox';
import { NotifyEvent } from './events.ts';
import { Action, Attachment, AuthorType, Keyboard, MAX_ATTACHMENTS, MessageType, spokenText } from './message-parts.ts';
import { DateTime, FreeObject, HttpUrl, Nullable, OneOf, Uuid } from './primitives.ts';
import { FileReference } from './messages.ts';
import { Verified } from './verified.ts';

/** Life time of a session where neither the chat nor the call names one, seconds. */
export const DEFAULT_SESSION_TTL = 3600;
/** Longest life time of a session, seconds: 12 hours. */
export const MAX_SESSION_TTL = 43200;
/** How long after its end a session is open to its holder, to read and to rate; milliseconds. */
export const SESSION_AFTERLIFE_MS = 86_400_000;

const Name = Type.String({ maxLength: 255 });

/**
 * The form of a device's token at a push service; empty: none. A topic, or a condition of topics, is none: a push to it
 * reaches whoever has the app.
 */
export const DEVICE_TOKEN = '^[A-Za-z0-9:_.=+-]*$';

/** The body of start and of continue-or-start; all fields are optional, an absent body is an empty one. */
export const StartSessionBody = Type.Object({
  name: Type.Optional(Name),
  botId: Type.Optional(Uuid),
  sessionId: Type.Optional(Uuid),
  sessionTtl: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_SESSION_TTL, description: 'seconds' })),
  messengerType: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' })),
  messengerUserId: Type.Optional(Name),
  messageBody: Type.Optional(spokenText()),
  messageAttachments: Type.Optional(Type.Array(FileReference, { maxItems: MAX_ATTACHMENTS })),
  replyToMessageId: Type.Optional(Uuid),
  clientNameForOperator: Type.Optional(Name),
  clientId: Type.Optional(Uuid),
  clientExternalId: Type.Optional(Name),
  clientPhone: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Number()])),
  clientEmail: Type.Optional(Type.String({ maxLength: 320 })),
  clientName: Type.Optional(Name),
  clientFirstName: Type.Optional(Name),
  clientMiddleName: Type.Optional(Name),
  clientLastName: Type.Optional(Name),
  clientDeviceId: Type.Optional(
    Type.String({ maxLength: 1024, pattern: DEVICE_TOKEN, description: 'token of the device at the push service' }),
  ),
  clientTimezone: Type.Optional(Type.Integer({ minimum: -1440, maximum: 1440, description: 'minutes from UTC' })),
  clientMetadata: Type.Optional(FreeObject),
  variables: Type.Optional(FreeObject),
  channel: Type.Optional(Type.String({ maxLength: 64 })),
  referer: Type.Optional(Type.String({ maxLength: 2048 })),
  returnAnswerAsync: Type.Optional(Type.Boolean()),
  callbackUrl: Type.Optional(HttpUrl),
  callbackData: Type.Optional(Type.String({ maxLength: 8192 })),
  botNodeId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  eventCallbackUrl: Type.Optional(HttpUrl),
  eventCallbackData: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
  notifyOnEvents: Type.Optional(Type.Array(NotifyEvent)),
  clientMessageId: Type.Optional(Uuid),
  identityToken: Type.Optional(Type.String({ maxLength: 8192 })),
});
export type StartSessionBody = Static<typeof StartSessionBody>;

/**
 * A bot's message in the answer of a start. Here, and only here, `actions` is a map `{event: data}` (or `[]` when
 * there is none), as existing clients want it; the list of objects stands beside it.
 */
export const StartedMessage = Type.Object({
  id: Uuid,
  authorId: Type.String(),
  authorType: AuthorType,
  body: Type.String(),
  actions: Type.Union([Type.Array(Type.Never(), { maxItems: 0 }), Type.Record(Type.String(), Type.String())]),
  actionList: Type.Array(Action),
  answers: Type.Array(Type.String()),
  keyboard: Nullable(Keyboard),
  attachments: Type.Array(Attachment),
  type: MessageType,
  seq: Type.Integer(),
  createdAt: DateTime,
});
export type StartedMessage = Static<typeof StartedMessage>;

/** The answer of start and of continue. `eventSeq` is the last event this answer already tells of. */
export const SessionStarted = Type.Object({
  id: Uuid,
  clientId: Uuid,
  startedAt: DateTime,
  ttl: Type.Integer({ description: 'seconds' }),
  messages: Type.Array(StartedMessage),
  messageId: Type.Optional(Uuid),
  eventSeq: Type.Integer(),
  sessionToken: Type.Optional(Type.String()),
});
export type SessionStarted = Static<typeof SessionStarted>;

/** `WAIT` waits for the client, `STOP` has ended, `OPERATOR` handed over to people, `ERROR` failed. */
export const BotStatus = OneOf(['WAIT', 'STOP', 'OPERATOR', 'ERROR'] as const);
export type BotStatus = Static<typeof BotStatus>;

/** A session is `ACTIVE` until it is closed, once and for good. */
export const SessionStatus = OneOf(['ACTIVE', 'CLOSED'] as const);
export type SessionStatus = Static<typeof SessionStatus>;

/** Who answers in the session now. */
export const OperatorType = OneOf(['BOT', 'OPERATOR'] as const);
export type OperatorType = Static<typeof OperatorType>;

const LastMessage = Type.Object({
  id: Uuid,
  authorId: Type.String(),
  authorType: AuthorType,
  authorName: Type.String(),
  type: MessageType,
  body: Type.String(),
  attachments: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      contentType: Type.String(),
      size: Type.Integer(),
      private: Type.Boolean(),
      url: Nullable(Type.String()),
    }),
  ),
  createdAt: DateTime,
  readAt: Nullable(DateTime),
});

/** A bot or person that took part; snake case and the null id of a bot are the documented form. */
const SessionOperator = Type.Object({
  id: Nullable(Type.Integer()),
  name: Type.String(),
  type: OperatorType,
  assigned_at: DateTime,
});

/** Whom a bot handed a session to; `notFoundAt` is since when nobody is there: the session waits in the help list. */
const HandOver = Type.Object({
  groupId: Nullable(Uuid),
  announcement: Nullable(Type.String()),
  at: DateTime,
  notFoundAt: Nullable(DateTime),
});

/** Body that closes a session with an operator's result. */
export const CloseSessionBody = Type.Object({ result: Type.Optional(Type.String({ maxLength: 255 })) });
export type CloseSessionBody = Static<typeof CloseSessionBody>;

/** A client's rating of a session, within the scale of its chat. */
export const RatingBody = Type.Object({
  rating: Type.Integer({ minimum: 0, maximum: 10 }),
  comment: Type.Optional(spokenText()),
});
export type RatingBody = Static<typeof RatingBody>;

/** What ended a session; `before`: it ended before reasons were noted. */
export const CloseReason = OneOf([
  'operator',
  'client',
  'bot',
  'expired',
  'spam',
  'chatDeleted',
  'failure',
  'finished',
  'before',
] as const);
export type CloseReason = Static<typeof CloseReason>;

/** How the person who answers came to the session; where routing chose, by which rule and among whom. */
export const Assignment = Type.Object({
  by: OneOf(['routing', 'named', 'took', 'passedOn'] as const),
  why: Nullable(
    Type.Object({
      rule: OneOf(['preferred', 'leastLoaded', 'longestSince'] as const),
      /** How many could have got it. */
      of: Type.Integer(),
      /** Live sessions of the one who did, before this one. */
      load: Type.Integer(),
      capacity: Nullable(Type.Integer()),
      /** Seconds since people were wished for. */
      waited: Type.Integer(),
      /** How many of the group could not, by reason. */
      skipped: Type.Object({
        offline: Type.Integer(),
        paused: Type.Integer(),
        full: Type.Integer(),
        unskilled: Type.Integer(),
        excluded: Type.Integer(),
      }),
    }),
  ),
});
export type Assignment = Static<typeof Assignment>;

/** A session in the list. Where a string is documented, "nothing" is `""`; where a date is, `null`. */
export const SessionListItem = Type.Object({
  id: Uuid,
  chatId: Uuid,
  clientId: Uuid,
  name: Type.String(),
  markedAsSpam: Type.Boolean(),
  ttl: Type.Integer(),
  operatorId: Type.String(),
  operatorName: Type.String(),
  operatorType: OperatorType,
  operatorAssignedAt: Nullable(DateTime),
  operators: Type.Array(SessionOperator),
  channel: Type.String(),
  messengerType: Nullable(Type.String()),
  botStatus: BotStatus,
  status: SessionStatus,
  startedAt: DateTime,
  closedAt: Nullable(DateTime),
  clientOnlineAt: Nullable(DateTime),
  clientOfflineAt: Nullable(DateTime),
  unreadClientMessageCount: Type.Integer(),
  lastMessageCreatedAt: Nullable(DateTime),
  lastMessage: Nullable(LastMessage),
  clientExternalId: Nullable(Type.String()),
  verified: Nullable(Verified),
  clientBanned: Type.Boolean(),
  referer: Nullable(Type.String()),
  tags: Type.String(),
  timerFirstAnswer: Type.Integer(),
  timerNextAnswers: Type.Integer(),
  lastOperatorMessage: Type.String(),
  firstClientMessageAfterLastOperatorMessage: Type.String(),
  handOver: Nullable(HandOver),
  assignment: Nullable(Assignment),
  closeReason: Nullable(CloseReason),
  operatorResult: Nullable(Type.String()),
  rating: Nullable(Type.Integer()),
});
export type SessionListItem = Static<typeof SessionListItem>;

/** A session in detail: with what its conversation came to. */
export const Session = Type.Object({
  ...SessionListItem.properties,
  result: Type.Record(Type.String(), Type.Unknown(), { description: 'what its bots noted' }),
  variables: Type.Record(Type.String(), Type.Unknown(), {
    description: 'the variables of its bots, kept after its end',
  }),
});
export type Session = Static<typeof Session>;

/** What the holder of a session may see of it without a user's token. */
export const SessionForHolder = Type.Pick(Session, [
  'id',
  'chatId',
  'clientId',
  'name',
  'ttl',
  'operatorName',
  'operatorType',
  'status',
  'startedAt',
  'closedAt',
  'lastMessageCreatedAt',
]);
export type SessionForHolder = Static<typeof SessionForHolder>;
