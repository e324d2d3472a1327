import { Type, type Static } from 'typebox';
import { DateTime, Nullable, ScalarValue, Uuid } from './primitives.ts';
import { Verified } from './verified.ts';

const Label = Type.String({ minLength: 1, maxLength: 128 });

/** Body of what has nothing but a name: attributes and tags. */
export const NameBody = Type.Object({ name: Label });
export type NameBody = Static<typeof NameBody>;

/** A field about clients that a company defines and operators fill in. */
export const Attribute = Type.Object({ id: Uuid, name: Type.String(), createdAt: DateTime, updatedAt: DateTime });
export type Attribute = Static<typeof Attribute>;

/** Values of a client's attributes by attribute id: what is not named stays, null clears. */
export const AttributeValues = Type.Record(Type.String({ pattern: '^[0-9a-fA-F-]{36}$' }), ScalarValue, {
  maxProperties: 200,
  additionalProperties: false,
});
export type AttributeValues = Static<typeof AttributeValues>;

/** A word a company marks clients and sessions with. A name has no comma, as lists of tags are comma lists. */
export const Tag = Type.Object({ id: Uuid, name: Type.String(), createdAt: DateTime });
export type Tag = Static<typeof Tag>;

/** Body of a tag's creation. */
export const CreateTagBody = Type.Object({ name: Type.String({ pattern: '^[^,]+$', maxLength: 128 }) });
export type CreateTagBody = Static<typeof CreateTagBody>;

/** What people note about a client or session. */
export const Comment = Type.Object({ comment: Type.String({ maxLength: 16_384 }) });
export type Comment = Static<typeof Comment>;

/** A client with everything the company knows of it. */
export const Client = Type.Object({
  id: Uuid,
  externalId: Nullable(Type.String()),
  messengerType: Nullable(Type.String()),
  messengerUserId: Nullable(Type.String()),
  verified: Nullable(Verified),
  name: Nullable(Type.String()),
  firstName: Nullable(Type.String()),
  middleName: Nullable(Type.String()),
  lastName: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  email: Nullable(Type.String()),
  timezone: Nullable(Type.Integer()),
  attributes: Type.Array(Type.Object({ id: Uuid, name: Type.String(), value: ScalarValue })),
  tags: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
  comment: Type.String(),
  banned: Type.Boolean(),
  bannedAt: Nullable(DateTime),
  createdAt: DateTime,
  updatedAt: DateTime,
});
export type Client = Static<typeof Client>;
