import { Type } from 'typebox';
import { Chat, ChatForWidget, ChatListItem, CreateChatBody, UpdateChatBody } from '../chats.ts';
import { DetailOf, ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Created, Empty, Instant, SpanEnd, Uuid } from '../primitives.ts';

const inChat = Type.Object({ chatId: Uuid });
const example = { name: 'Shop', botId: 'bce7d22e-dde6-4427-b391-ebbdfda44de6', sessionTtl: 3600 };

/** The chats of the caller's company. */
export const listChats = defineOperation({
  id: 'listChats',
  service: 'chats',
  method: 'GET',
  path: '/chats',
  tag: 'Chats',
  summary: 'List chats',
  access: 'user',
  query: Type.Object({
    ...listQuery,
    keyword: Type.Optional(Type.String({ maxLength: 255 })),
    name: Type.Optional(Type.String({ maxLength: 255 })),
    from: Type.Optional(Instant),
    to: Type.Optional(SpanEnd),
  }),
  answers: { 200: ListOf(ChatListItem) },
});

/** A new chat. */
export const createChat = defineOperation({
  id: 'createChat',
  service: 'chats',
  method: 'POST',
  path: '/chats',
  tag: 'Chats',
  summary: 'Create a chat',
  access: 'admin',
  body: CreateChatBody,
  answers: { 201: Created },
  errors: ['data-too-large', 'cap-reached'],
  example,
});

/** One chat. */
export const getChat = defineOperation({
  id: 'getChat',
  service: 'chats',
  method: 'GET',
  path: '/chats/{chatId}',
  tag: 'Chats',
  summary: 'Read a chat',
  access: 'user',
  params: inChat,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: DetailOf(Chat) },
  errors: ['entity-not-found'],
});

/** Changes a chat: what is not given stays, null clears. */
export const updateChat = defineOperation({
  id: 'updateChat',
  service: 'chats',
  method: 'PUT',
  path: '/chats/{chatId}',
  tag: 'Chats',
  summary: 'Update a chat',
  access: 'admin',
  params: inChat,
  body: UpdateChatBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'data-too-large'],
  example,
});

/** Deletes a chat; its live sessions are closed. */
export const deleteChat = defineOperation({
  id: 'deleteChat',
  service: 'chats',
  method: 'DELETE',
  path: '/chats/{chatId}',
  tag: 'Chats',
  summary: 'Delete a chat and close its sessions',
  access: 'admin',
  params: inChat,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** What a page needs to show a chat. */
export const getChatForWidget = defineOperation({
  id: 'getChatForWidget',
  service: 'chats',
  method: 'GET',
  path: '/chats/{chatId}/widget',
  tag: 'Chats',
  summary: 'Read what a page needs to show a chat',
  access: 'open',
  params: inChat,
  answers: { 200: ChatForWidget },
  errors: ['entity-not-found'],
});
