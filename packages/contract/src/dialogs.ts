import { Type, type Static } from 'typebox';
import { Action, Attachment, MAX_ATTACHMENTS, MAX_BODY_LENGTH, spokenText } from './message-parts.ts';
import { DateTime, FreeObject, HttpUrl, Nullable, OneOf, ScalarValue, Uuid } from './primitives.ts';
import { BotStatus, MAX_SESSION_TTL } from './sessions.ts';

const Name = Type.String({ maxLength: 255 });

/** A file a dialog's client sends: by its address, as the bot API has no uploads. */
export const DialogAttachment = Type.Object({
  url: HttpUrl,
  name: Type.Optional(Name),
  contentType: Type.Optional(Type.String({ maxLength: 128 })),
  size: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'bytes' })),
});
export type DialogAttachment = Static<typeof DialogAttachment>;

const Attachments = Type.Array(DialogAttachment, { maxItems: MAX_ATTACHMENTS });
const ResultCallback = Type.Object({ url: HttpUrl, data: Type.Optional(Type.Unknown()) });
const CommunicationType = OneOf(['TEXT', 'VOICE'] as const);

/** What every call that brings a bot an input can say about its answer. */
const answering = {
  returnAnswerAsync: Type.Optional(
    Type.Boolean({ description: 'true: the answer goes to `callbackUrl`; false or absent: it is in the response' }),
  ),
  communicationType: Type.Optional(CommunicationType),
  callbackUrl: Type.Optional(HttpUrl),
  callbackData: Type.Optional(Type.String({ maxLength: 8192 })),
} as const;

/** Body that starts a dialog with a bot. */
export const StartDialogBody = Type.Object({
  botId: Uuid,
  ttl: Type.Integer({ minimum: 1, maximum: MAX_SESSION_TTL, description: 'seconds' }),
  dialogId: Type.Optional(Uuid),
  clientTimezoneOffset: Type.Optional(Type.Integer({ minimum: -1440, maximum: 1440, description: 'minutes from UTC' })),
  clientMetadata: Type.Optional(FreeObject),
  channelType: Type.Optional(Type.String({ maxLength: 64 })),
  referer: Type.Optional(Type.String({ maxLength: 2048 })),
  message: Type.Optional(Nullable(spokenText())),
  attachments: Type.Optional(Attachments),
  ...answering,
  dialogResultCallbacks: Type.Optional(
    Type.Union([
      ResultCallback,
      Type.Array(ResultCallback, { maxItems: 10 }),
      Type.Object({}, { additionalProperties: false }),
    ]),
  ),
  testMode: Type.Optional(Type.Boolean()),
  clientId: Type.Optional(Uuid),
  clientEmail: Type.Optional(Type.String({ maxLength: 320 })),
  clientPhone: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Number()])),
  clientName: Type.Optional(Name),
  clientNickname: Type.Optional(Name),
  clientExternalId: Type.Optional(Name),
  messengerType: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' })),
  messengerUserId: Type.Optional(Name),
  variables: Type.Optional(FreeObject),
});
export type StartDialogBody = Static<typeof StartDialogBody>;

/** A client's message in a dialog. */
export const DialogMessageBody = Type.Object({
  message: spokenText(),
  attachments: Type.Optional(Attachments),
  ...answering,
  passedBlocks: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 1000 })),
});
export type DialogMessageBody = Static<typeof DialogMessageBody>;

/** Body that lets another bot go on. */
export const ReloadDialogBody = Type.Object({ botId: Uuid, ...answering });
export type ReloadDialogBody = Static<typeof ReloadDialogBody>;

/** Something a bot said, in the answers and callbacks of the bot API. */
export const DialogMessage = Type.Object({
  body: Type.String(),
  actions: Type.Array(Action),
  answers: Type.Array(Type.String()),
  substitutions: Type.Object({ nodeId: Type.String(), botId: Type.String() }),
  attachments: Type.Array(Attachment),
  meta: Type.Array(Type.Unknown()),
});
export type DialogMessage = Static<typeof DialogMessage>;

/** Answer of start, message and reload; `messages` is null where the answer goes to the callback address. */
export const DialogAnswer = Type.Object({
  dialogId: Uuid,
  botId: Uuid,
  status: BotStatus,
  language: Type.String(),
  result: FreeObject,
  messages: Nullable(Type.Array(DialogMessage)),
});
export type DialogAnswer = Static<typeof DialogAnswer>;

const Variables = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]));

/** The variables of a dialog: those of the system, and its own. Lists and maps are their JSON text. */
export const VariableList = Type.Object({ system: Variables, context: Variables });
export type VariableList = Static<typeof VariableList>;

/** What a bot did in one turn. */
export const DebugEntry = Type.Object({ createdAt: DateTime, traceId: Uuid, info: FreeObject });
export type DebugEntry = Static<typeof DebugEntry>;

const Label = Type.String({ minLength: 1, maxLength: 256 });

/** What a webhook bot answers a question with, at once or later. */
export const WebhookAnswer = Type.Object({
  status: Type.Optional(OneOf(['WAIT', 'STOP', 'OPERATOR'] as const)),
  messages: Type.Optional(
    Type.Array(
      Type.Object({
        body: Type.String({ maxLength: MAX_BODY_LENGTH }),
        answers: Type.Optional(Type.Array(Label, { maxItems: 20 })),
        keyboard: Type.Optional(
          Nullable(
            Type.Object({
              buttonsInRow: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
              buttons: Type.Array(Label, { minItems: 1, maxItems: 40 }),
            }),
          ),
        ),
        attachments: Type.Optional(
          Type.Array(
            Type.Object({
              name: Label,
              url: HttpUrl,
              contentType: Type.String({ minLength: 1, maxLength: 128 }),
              size: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
            }),
            { maxItems: MAX_ATTACHMENTS },
          ),
        ),
        actions: Type.Optional(Type.Array(Action, { maxItems: 10 })),
        nodeId: Type.Optional(Type.String({ maxLength: 128 })),
      }),
      { maxItems: 20 },
    ),
  ),
  variables: Type.Optional(Type.Record(Type.String(), ScalarValue, { maxProperties: 200 })),
  result: Type.Optional(Type.Record(Type.String(), ScalarValue, { maxProperties: 200 })),
  facts: Type.Optional(Type.Array(Type.Object({ context: Label, name: Label, value: ScalarValue }), { maxItems: 100 })),
  handOver: Type.Optional(
    Nullable(
      Type.Object({
        groupId: Type.Optional(Nullable(Uuid)),
        announcement: Type.Optional(Type.String({ maxLength: 4096 })),
      }),
    ),
  ),
  deadline: Type.Optional(
    Nullable(Type.Integer({ minimum: 1, maximum: MAX_SESSION_TTL, description: 'seconds until the bot is woken' })),
  ),
});
export type WebhookAnswer = Static<typeof WebhookAnswer>;
