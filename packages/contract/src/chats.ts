import { Type, type Static } from 'typebox';
import { NotifyEvent } from './events.ts';
import { DateTime, FreeObject, HttpUrl, Nullable, OneOf, Uuid } from './primitives.ts';
import { MAX_SESSION_TTL } from './sessions.ts';

const Seconds = Type.Integer({ minimum: 0, maximum: 31_536_000, description: 'seconds' });
const Text = Type.String({ maxLength: 4096 });
const BotChoice = Nullable(Uuid);

/** How much a caller must prove: `off` is the documented flow, where whoever holds a session id holds the session. */
export const IdentityVerification = OneOf(['off', 'optional', 'required'] as const);
export type IdentityVerification = Static<typeof IdentityVerification>;

/** Most public keys of a chat: the one in use, the next, and what services that sign on their own have. */
const MOST_KEYS = 10;

/**
 * A public key that identity tokens are checked with; a token names it by `kid`. The key alone says by which algorithm:
 * RS256 of RSA, ES256 of P-256. It is given as PEM or as a JSON Web Key and answered as PEM.
 */
export const IdentityKey = Type.Object({
  kid: Type.String({ minLength: 1, maxLength: 255 }),
  alg: Type.Optional(OneOf(['RS256', 'ES256'] as const)),
  publicKey: Type.Union([Type.String({ minLength: 1, maxLength: 8192 }), FreeObject], {
    description: 'PEM, or a JSON Web Key',
  }),
});
export type IdentityKey = Static<typeof IdentityKey>;

/** Settings of a chat as they are stored and answered; every key is always present in the details. */
export const chatSettings = {
  sessionTtl: Type.Integer({ minimum: 1, maximum: MAX_SESSION_TTL, description: 'seconds' }),
  operatorsBusyMessage: Text,
  allowableOperatorIdleTime: Seconds,
  sessionReloadBotId: BotChoice,
  sessionRatingRequired: Type.Boolean(),
  sessionRatingTriggerTime: Seconds,
  answerOnFirstClientMessage: Type.Boolean(),
  eventCallbackUrl: Nullable(HttpUrl),
  eventCallbackData: Nullable(Type.String({ minLength: 1, maxLength: 8192 })),
  notifyOnEvents: Type.Array(NotifyEvent),
  fcmServerKey: Nullable(Type.String({ maxLength: 4096 })),
  fcmServiceUrl: Nullable(Type.Union([HttpUrl, Type.Literal('')])),
  pushData: FreeObject,
  knowledgeBase: Nullable(Type.String({ maxLength: 65536 })),
  form: FreeObject,
  references: Type.Record(Type.String(), Type.String()),
  appearance: FreeObject,
  results: Type.Array(Type.Union([Type.String(), Type.Object({ name: Type.String() })])),
  timerFirstAnswer: Seconds,
  timerNextAnswers: Seconds,
  messengers: FreeObject,
  queueTimeout: Seconds,
  queueNotifyInterval: Type.Integer({ minimum: 0, maximum: 1440, description: 'minutes' }),
  queueMessage: Text,
  ratingType: OneOf(['2', '5', '10'] as const),
  ratingText: Text,
  botEndedBotId: BotChoice,
  operatorEndedBotId: BotChoice,
  clientTimeoutBotId: BotChoice,
  operatorNotFoundBotId: BotChoice,
  useQueue: Type.Boolean(),
  identityVerification: IdentityVerification,
  resumeByExternalId: Type.Boolean({ description: 'trust an unproven clientExternalId or messenger id' }),
  identitySecret: Nullable(Type.String({ minLength: 32, maxLength: 512 })),
  identityKeys: Type.Array(IdentityKey, {
    maxItems: MOST_KEYS,
    description: 'beside `identitySecret`, or in its place',
  }),
  identityAudience: Nullable(
    Type.String({ minLength: 1, maxLength: 255, description: 'what the `aud` of an identity token must be or hold' }),
  ),
  identityMaxAge: Type.Integer({
    minimum: 60,
    maximum: 31_536_000,
    description: 'seconds that the `exp` of an identity token may be ahead',
  }),
  callbackSecret: Nullable(
    Type.String({ minLength: 16, maxLength: 512, description: 'signs what is sent to callback addresses' }),
  ),
} as const;

const settings = Type.Object(chatSettings);
/** Every setting of a chat. */
export type ChatSettings = Static<typeof settings>;

/** What a chat has before anybody sets anything. */
export const defaultChatSettings: ChatSettings = {
  sessionTtl: 3600,
  operatorsBusyMessage: '',
  allowableOperatorIdleTime: 0,
  sessionReloadBotId: null,
  sessionRatingRequired: false,
  sessionRatingTriggerTime: 0,
  answerOnFirstClientMessage: false,
  eventCallbackUrl: null,
  eventCallbackData: null,
  notifyOnEvents: [],
  fcmServerKey: null,
  fcmServiceUrl: null,
  pushData: {},
  knowledgeBase: null,
  form: {},
  references: {},
  appearance: {},
  results: [],
  timerFirstAnswer: 0,
  timerNextAnswers: 0,
  messengers: {},
  queueTimeout: 0,
  queueNotifyInterval: 0,
  queueMessage: '',
  ratingType: '5',
  ratingText: '',
  botEndedBotId: null,
  operatorEndedBotId: null,
  clientTimeoutBotId: null,
  operatorNotFoundBotId: null,
  useQueue: false,
  identityVerification: 'off',
  resumeByExternalId: false,
  identitySecret: null,
  identityKeys: [],
  identityAudience: null,
  identityMaxAge: 86_400,
  callbackSecret: null,
};

const ChatName = Type.String({ minLength: 1, maxLength: 255 });

/** Body of a chat's creation: name and bot are needed, everything else has its default; null means the default. */
export const CreateChatBody = Type.Object({
  name: ChatName,
  botId: Uuid,
  ...optionalOrNull(chatSettings),
});
export type CreateChatBody = Static<typeof CreateChatBody>;

/** Body of a chat's update: what is not given stays, an explicit null clears to the default. */
export const UpdateChatBody = Type.Object({
  name: Type.Optional(ChatName),
  botId: Type.Optional(Uuid),
  ...optionalOrNull(chatSettings),
});
export type UpdateChatBody = Static<typeof UpdateChatBody>;

/** A chat in detail. Its secrets are write-only: they are answered as null. */
export const Chat = Type.Object({
  id: Uuid,
  companyId: Type.Integer(),
  name: Type.String(),
  botId: Uuid,
  botName: Type.String(),
  ...chatSettings,
  createdAt: DateTime,
  updatedAt: DateTime,
});
export type Chat = Static<typeof Chat>;

/** What the page that shows a chat may know of it without a token. */
export const ChatForWidget = Type.Object({
  id: Uuid,
  name: Type.String(),
  form: FreeObject,
  references: Type.Record(Type.String(), Type.String()),
  appearance: FreeObject,
  ratingType: chatSettings.ratingType,
  ratingText: Type.String(),
  sessionRatingRequired: Type.Boolean(),
  sessionRatingTriggerTime: Type.Integer(),
  identityVerification: IdentityVerification,
});
export type ChatForWidget = Static<typeof ChatForWidget>;

/** A chat in the list. */
export const ChatListItem = Type.Object({
  id: Uuid,
  botId: Uuid,
  name: Type.String(),
  botName: Type.String(),
  sessionReloadBotId: BotChoice,
  sessionReloadBotName: Nullable(Type.String()),
  sessionTtl: Type.Integer(),
  eventCallbackUrl: Nullable(Type.String()),
  eventCallbackData: Nullable(Type.String()),
  messengers: FreeObject,
  timerFirstAnswer: Type.Integer(),
  timerNextAnswers: Type.Integer(),
  createdAt: DateTime,
  updatedAt: DateTime,
});
export type ChatListItem = Static<typeof ChatListItem>;

type OptionalOrNull = {
  [K in keyof typeof chatSettings]: ReturnType<typeof optionalNullable<(typeof chatSettings)[K]>>;
};

function optionalNullable<const S extends (typeof chatSettings)[keyof typeof chatSettings]>(schema: S) {
  return Type.Optional(Nullable(schema));
}

function optionalOrNull(schemas: typeof chatSettings): OptionalOrNull {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, optionalNullable(schema)]),
  ) as OptionalOrNull;
}
