import { Type, type Static, type TSchema } from 'typebox';
import { DateTime, Nullable, OneOf, Uuid } from './primitives.ts';

/** Who wrote a message. */
export const AuthorType = OneOf(['BOT', 'OPERATOR', 'CLIENT'] as const);
export type AuthorType = Static<typeof AuthorType>;

/** `TERMINAL` is the last message of a bot dialog or session; everything else is `REGULAR`. */
export const MessageType = OneOf(['REGULAR', 'TERMINAL'] as const);
export type MessageType = Static<typeof MessageType>;

/** Quick-reply buttons. A pressed button comes back as an ordinary client message whose body is its text. */
export const Keyboard = Type.Object({
  buttonsInRow: Type.Integer({ minimum: 1, maximum: 8 }),
  buttons: Type.Array(Type.Object({ type: Type.Literal('text'), text: Type.String() })),
});
export type Keyboard = Static<typeof Keyboard>;

/** A button or hint for the page that shows the message; `data` is an opaque string, often JSON text. */
export const Action = Type.Object({
  type: Type.String(),
  event: Type.Optional(Type.String()),
  label: Type.Optional(Type.String()),
  data: Type.Optional(Type.String()),
});
export type Action = Static<typeof Action>;

/**
 * A file of a message: the union of what the documented HTTP answers and live events name. Both spellings of
 * `suggestedExtension` are sent, as existing clients read either.
 */
export const Attachment = Type.Object({
  id: Type.String(),
  contentType: Type.String(),
  size: Type.Integer({ minimum: 0, description: 'bytes' }),
  downloadLink: Type.String(),
  name: Type.String(),
  url: Type.Optional(Nullable(Type.String())),
  isPrivate: Type.Boolean(),
  createdAt: DateTime,
  baseName: Type.String(),
  extension: Type.String(),
  suggestedExtension: Type.String(),
  sugestedExtension: Type.String(),
  path: Type.String(),
});
export type Attachment = Static<typeof Attachment>;

/** The short form of the message a live message answers. */
export const ReplyToMessage = Type.Object({
  id: Uuid,
  authorType: AuthorType,
  body: Type.Optional(Type.String()),
  authorName: Type.Optional(Type.String()),
});
export type ReplyToMessage = Static<typeof ReplyToMessage>;

/** Longest message body, in UTF-16 code units. */
export const MAX_BODY_LENGTH = 4096;

const SPOKEN = 'x-spoken';

/**
 * What somebody says. It arrives without the characters that no text can have, a NUL and halves of surrogate pairs: who
 * types a message does not know what a gateway or a cut made of it.
 */
export function spokenText(options: { readonly minLength?: number } = {}) {
  return Type.String({ ...options, maxLength: MAX_BODY_LENGTH, [SPOKEN]: true });
}

/** Whether a text is what somebody says. */
export function isSpoken(schema: TSchema): boolean {
  return SPOKEN in schema;
}

/** Most files one message may carry. */
export const MAX_ATTACHMENTS = 10;
