import { Type, type Static } from 'typebox';
import { Action, Attachment, AuthorType, Keyboard, MAX_ATTACHMENTS, MessageType, spokenText } from './message-parts.ts';
import { DateTime, Nullable, Uuid } from './primitives.ts';

/** The whole message a message answers, as the documented list gives it; every id in it is a string or null. */
export const ReplyTo = Type.Object({
  id: Nullable(Type.String()),
  sessionId: Nullable(Type.String()),
  userId: Nullable(Type.String()),
  botId: Nullable(Type.String()),
  clientId: Nullable(Type.String()),
  body: Type.String(),
  authorType: AuthorType,
  authorName: Type.String(),
  type: MessageType,
  attachments: Type.Array(Attachment),
  answers: Type.Array(Type.String()),
  keyboard: Nullable(Keyboard),
  actions: Type.Array(Action),
  createdAt: DateTime,
});
export type ReplyTo = Static<typeof ReplyTo>;

/** A message in the lists of a session and of a client. `seq` counts a session's messages: 1, 2, 3 …, no gaps. */
export const Message = Type.Object({
  id: Uuid,
  sessionId: Uuid,
  seq: Type.Integer({ minimum: 1 }),
  authorId: Type.String(),
  authorType: AuthorType,
  authorName: Type.String(),
  type: MessageType,
  body: Type.String(),
  answers: Type.Array(Type.String()),
  keyboard: Nullable(Keyboard),
  actions: Type.Array(Action),
  attachments: Type.Array(Attachment),
  replyTo: Nullable(ReplyTo),
  clientMessageId: Type.Optional(Type.String()),
  readAt: Nullable(DateTime),
  createdAt: DateTime,
  updatedAt: Nullable(DateTime),
});
export type Message = Static<typeof Message>;

/** A file named by id, in either of the two documented forms. */
export const FileReference = Type.Union([Uuid, Type.Object({ id: Uuid })]);

/** A client's or operator's message. `body` may be empty only beside an attachment. */
export const ClientMessageBody = Type.Object({
  body: spokenText(),
  attachments: Type.Optional(Type.Array(FileReference, { maxItems: MAX_ATTACHMENTS })),
  replyToMessageId: Type.Optional(Uuid),
  clientMessageId: Type.Optional(Uuid),
});
export type ClientMessageBody = Static<typeof ClientMessageBody>;

/** Body of a message's edit. What it carries beside its text stays where `attachments` is not given. */
export const EditMessageBody = Type.Object({
  body: spokenText({ minLength: 1 }),
  attachments: Type.Optional(Type.Array(FileReference, { maxItems: MAX_ATTACHMENTS })),
});
export type EditMessageBody = Static<typeof EditMessageBody>;

/**
 * What became of a message. `seq` and `eventSeq` place it in the session, so that a sender can order it
 * against what it receives.
 */
export const MessageAccepted = Type.Object({
  id: Uuid,
  createdAt: DateTime,
  seq: Type.Integer(),
  eventSeq: Type.Integer(),
});
export type MessageAccepted = Static<typeof MessageAccepted>;
