import { Type } from 'typebox';
import { Attribute, AttributeValues, Client, Comment, CreateTagBody, NameBody, Tag } from '../clients.ts';
import { DetailOf, ListOf, listQuery } from '../lists.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { Created, Empty, Uuid } from '../primitives.ts';

const ofClient = Type.Object({ clientId: Uuid });
const ofAttribute = Type.Object({ attributeId: Uuid });
const ofTag = Type.Object({ clientId: Uuid, tagId: Uuid });
const chats = { service: 'chats' } as const satisfies Partial<Operation>;

/** A client with attributes, tags, comment and ban. */
export const getClient = defineOperation({
  ...chats,
  id: 'getClient',
  method: 'GET',
  path: '/clients/{clientId}',
  tag: 'Clients',
  summary: 'Read a client',
  access: 'user',
  params: ofClient,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: DetailOf(Client) },
  errors: ['entity-not-found'],
});

/** Bans a client: no new sessions, no messages. */
export const banClient = defineOperation({
  ...chats,
  id: 'banClient',
  method: 'PATCH',
  path: '/clients/{clientId}/ban',
  tag: 'Clients',
  summary: 'Ban a client: its starts and messages are refused',
  access: 'user',
  params: ofClient,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Lifts a ban. */
export const unbanClient = defineOperation({
  ...chats,
  id: 'unbanClient',
  method: 'PATCH',
  path: '/clients/{clientId}/unban',
  tag: 'Clients',
  summary: 'Lift the ban of a client',
  access: 'user',
  params: ofClient,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Sets values of a client's attributes. */
export const setClientAttributes = defineOperation({
  ...chats,
  id: 'setClientAttributes',
  method: 'PATCH',
  path: '/clients/{clientId}/attributes',
  tag: 'Clients',
  summary: 'Set attributes of a client by attribute id; null clears one',
  access: 'user',
  params: ofClient,
  body: AttributeValues,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'data-too-large'],
  example: {},
});

/** The attributes a company defined. */
export const listAttributes = defineOperation({
  ...chats,
  id: 'listAttributes',
  method: 'GET',
  path: '/clients/attributes',
  tag: 'Clients',
  summary: 'List the attributes clients can have',
  access: 'user',
  query: Type.Object(listQuery),
  answers: { 200: ListOf(Attribute) },
});

/** Defines an attribute. */
export const createAttribute = defineOperation({
  ...chats,
  id: 'createAttribute',
  method: 'POST',
  path: '/clients/attributes',
  tag: 'Clients',
  summary: 'Define an attribute',
  access: 'admin',
  body: NameBody,
  answers: { 201: Created },
  errors: ['name-taken', 'cap-reached'],
  example: { name: 'City' },
});

/** Renames an attribute; values stay. */
export const updateAttribute = defineOperation({
  ...chats,
  id: 'updateAttribute',
  method: 'PUT',
  path: '/clients/attributes/{attributeId}',
  tag: 'Clients',
  summary: 'Rename an attribute',
  access: 'admin',
  params: ofAttribute,
  body: NameBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'name-taken'],
  example: { name: 'Town' },
});

/** Deletes an attribute with all its values. */
export const deleteAttribute = defineOperation({
  ...chats,
  id: 'deleteAttribute',
  method: 'DELETE',
  path: '/clients/attributes/{attributeId}',
  tag: 'Clients',
  summary: 'Delete an attribute with its values',
  access: 'admin',
  params: ofAttribute,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** The tags a company defined. */
export const listTags = defineOperation({
  ...chats,
  id: 'listTags',
  method: 'GET',
  path: '/tags',
  tag: 'Tags and comments',
  summary: 'List tags',
  access: 'user',
  query: Type.Object(listQuery),
  answers: { 200: ListOf(Tag) },
});

/** Defines a tag. */
export const createTag = defineOperation({
  ...chats,
  id: 'createTag',
  method: 'POST',
  path: '/tags',
  tag: 'Tags and comments',
  summary: 'Define a tag',
  access: 'admin',
  body: CreateTagBody,
  answers: { 201: Created },
  errors: ['name-taken', 'cap-reached'],
  example: { name: 'VIP' },
});

/** Deletes a tag; it comes off everything. */
export const deleteTag = defineOperation({
  ...chats,
  id: 'deleteTag',
  method: 'DELETE',
  path: '/tags/{tagId}',
  tag: 'Tags and comments',
  summary: 'Delete a tag; it comes off clients and sessions',
  access: 'admin',
  params: Type.Object({ tagId: Uuid }),
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Puts a tag on a client. */
export const tagClient = defineOperation({
  ...chats,
  id: 'tagClient',
  method: 'PUT',
  path: '/clients/{clientId}/tags/{tagId}',
  tag: 'Tags and comments',
  summary: 'Put a tag on a client; all its sessions show it',
  access: 'user',
  params: ofTag,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'cap-reached'],
});

/** Takes a tag off a client. */
export const untagClient = defineOperation({
  ...chats,
  id: 'untagClient',
  method: 'DELETE',
  path: '/clients/{clientId}/tags/{tagId}',
  tag: 'Tags and comments',
  summary: 'Take a tag off a client',
  access: 'user',
  params: ofTag,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** What was noted about a client. */
export const getClientComment = defineOperation({
  ...chats,
  id: 'getClientComment',
  method: 'GET',
  path: '/clients/{clientId}/comment',
  tag: 'Tags and comments',
  summary: 'Read the comment of a client',
  access: 'user',
  params: ofClient,
  answers: { 200: Comment },
  errors: ['entity-not-found'],
});

/** Notes something about a client. */
export const setClientComment = defineOperation({
  ...chats,
  id: 'setClientComment',
  method: 'PUT',
  path: '/clients/{clientId}/comment',
  tag: 'Tags and comments',
  summary: 'Write the comment of a client',
  access: 'user',
  params: ofClient,
  body: Comment,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: { comment: 'Prefers e-mail' },
});
