import { Type, type Static, type TSchema } from 'typebox';
import { DialogMessage } from './dialogs.ts';
import { eventSchemas, notifyEvents, type NotifyEventName } from './events.ts';
import { Attachment } from './message-parts.ts';
import { DateTime, FreeObject, Nullable, OneOf, Uuid } from './primitives.ts';
import { BotStatus } from './sessions.ts';
import { Verified } from './verified.ts';

/** What a bot said, posted to the `callbackUrl` of a session or dialog whose answers are asynchronous. */
export const BotCallback = Type.Object({
  dialogId: Uuid,
  botId: Uuid,
  status: BotStatus,
  language: Type.String(),
  result: FreeObject,
  messages: Type.Array(DialogMessage),
  callbackData: Nullable(Type.String({ description: 'as it was given' })),
});
export type BotCallback = Static<typeof BotCallback>;

/** How a dialog ended, posted once at its end to each of its `dialogResultCallbacks`. */
export const DialogResult = Type.Object({
  dialogId: Uuid,
  botId: Uuid,
  status: BotStatus,
  result: FreeObject,
  variables: FreeObject,
  data: Type.Unknown({ description: 'as it was given' }),
});
export type DialogResult = Static<typeof DialogResult>;

/** What a webhook bot is asked: an input of the dialog. Its answer is a `WebhookAnswer`, at once or to `reply.url`. */
export const BotQuestion = Type.Object({
  id: Uuid,
  createdAt: DateTime,
  kind: OneOf(['start', 'message', 'timeout', 'resume', 'operatorNotFound'] as const),
  botId: Uuid,
  dialogId: Uuid,
  sessionId: Uuid,
  chatId: Nullable(Uuid),
  clientId: Uuid,
  language: Type.String(),
  clientName: Type.Optional(Type.String()),
  clientTimezone: Type.Optional(Type.Integer({ description: 'minutes from UTC' })),
  verified: Nullable(Verified),
  message: Nullable(Type.Object({ id: Uuid, text: Type.String(), attachments: Type.Array(Attachment) })),
  nodeId: Type.Optional(Type.String({ description: 'the block the start named' })),
  variables: FreeObject,
  reply: Type.Object({ url: Type.String({ description: 'where a later answer is posted to' }) }),
});
export type BotQuestion = Static<typeof BotQuestion>;

/** A push to the device of a client that is away, in the form of FCM; `data` is the chat's `pushData` and these two. */
export const Push = Type.Object({
  to: Type.String({ description: 'the `clientDeviceId` of the session' }),
  notification: Type.Object({ title: Type.String(), body: Type.String() }),
  data: Type.Object({ sessionId: Uuid, messageId: Uuid }, { description: 'beside what `pushData` holds' }),
});
export type Push = Static<typeof Push>;

const presence = Type.Object({ sessionId: Uuid, clientId: Uuid });

const closed = Type.Object({
  ...eventSchemas.sessionClosed.properties,
  ...Type.Partial(
    Type.Object({
      result: Type.Record(Type.String(), Type.Unknown(), { description: 'what its bots noted' }),
      operatorResult: Nullable(Type.String()),
      variables: Type.Record(Type.String(), Type.Unknown(), {
        description:
          'the variables of its bots; an address that somebody unknown named hears neither these nor results',
      }),
    }),
  ).properties,
});

/** What each notification says, by its name. */
const notified = {
  SESSION_STARTED: Type.Object({
    id: Uuid,
    chatId: Uuid,
    clientId: Uuid,
    name: Type.String(),
    verified: Nullable(Verified),
  }),
  SESSION_CLOSED: closed,
  MESSAGE_CREATED: eventSchemas.chatMessageCreated,
  MESSAGE_EDITED: eventSchemas.chatMessageEdited,
  MESSAGE_DELETED: eventSchemas.chatMessageDeleted,
  MESSAGE_READ: Type.Object({
    messageId: Uuid,
    sessionId: Type.Optional(Uuid),
    eventSeq: Type.Optional(Type.Integer({ minimum: 1, description: 'where the other side saw it as an event' })),
  }),
  OPERATOR_CHANGED: eventSchemas.operatorChanged,
  OPERATOR_NOT_FOUND: Type.Object({ id: Uuid, chatId: Uuid, groupId: Nullable(Uuid) }),
  SESSION_RATED: Type.Object({ sessionId: Uuid, rating: Type.Integer(), comment: Nullable(Type.String()) }),
  SESSION_SPAM: Type.Object({ sessionId: Uuid, markedAsSpam: Type.Boolean() }),
  CLIENT_ONLINE: presence,
  CLIENT_OFFLINE: presence,
} as const satisfies Record<NotifyEventName, TSchema>;

/** The body of each notification, by the event it tells of; posted to `eventCallbackUrl`. */
export const notificationSchemas = Object.fromEntries(
  Object.keys(notifyEvents).map((event) => [event, notification(event as NotifyEventName)]),
) as { readonly [K in NotifyEventName]: ReturnType<typeof notification<K>> };

function notification<const K extends NotifyEventName>(event: K) {
  return Type.Object({
    event: Type.Literal(event),
    eventId: Uuid,
    createdAt: DateTime,
    chatId: Uuid,
    sessionId: Uuid,
    data: notified[event],
    verified: Nullable(Verified),
    eventCallbackData: Nullable(Type.String({ description: 'as it was given' })),
  });
}

/** What Molva posts, by its name in the documents: what it is, and which setting names the address. */
export const callbackSchemas = {
  botAnswer: BotCallback,
  dialogResult: DialogResult,
  botQuestion: BotQuestion,
  eventNotification: Type.Union(Object.values(notificationSchemas)),
  push: Push,
} as const satisfies Record<string, TSchema>;
/** Name of a call that Molva makes. */
export type CallbackName = keyof typeof callbackSchemas;
