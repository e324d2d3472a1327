import { Type } from 'typebox';
import { EventPage } from '../events.ts';
import { listQuery, ListOf } from '../lists.ts';
import { ClientMessageBody, EditMessageBody, Message, MessageAccepted } from '../messages.ts';
import { defineOperation } from '../operation.ts';
import { Empty, Instant, IntegerId, SpanEnd, Uuid } from '../primitives.ts';

const inSession = Type.Object({ sessionId: Uuid });
const ofMessage = Type.Object({ messageId: Uuid });
const messageFilters = {
  from: Type.Optional(Instant),
  to: Type.Optional(SpanEnd),
  companyId: Type.Optional(IntegerId),
} as const;

/** A client's message. */
export const sendClientMessage = defineOperation({
  id: 'sendClientMessage',
  service: 'chats',
  method: 'POST',
  path: '/sessions/{sessionId}/clients/messages',
  aliases: ['/sessions/{sessionId}/messages'],
  tag: 'Messages',
  summary: "Send a client's message",
  access: 'holder',
  params: inSession,
  body: ClientMessageBody,
  answers: { 201: MessageAccepted, 200: MessageAccepted },
  errors: ['entity-not-found', 'session-closed', 'client-banned', 'session-token-refused'],
  example: { body: 'Where is my order?' },
});

/** The messages of a session. */
export const listMessages = defineOperation({
  id: 'listMessages',
  service: 'chats',
  method: 'GET',
  path: '/sessions/{sessionId}/messages',
  tag: 'Messages',
  summary: 'List the messages of a session; `before` pages back from a `seq`, newest first',
  access: 'holder',
  params: inSession,
  query: Type.Object({
    ...listQuery,
    ...messageFilters,
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  }),
  answers: { 200: ListOf(Message) },
  errors: ['entity-not-found', 'client-banned', 'session-token-refused'],
});

/** What happened in a session after an event. */
export const listEvents = defineOperation({
  id: 'listEvents',
  service: 'chats',
  method: 'GET',
  path: '/sessions/{sessionId}/events',
  tag: 'Messages',
  summary: 'Read the event log of a session after an `eventSeq`, oldest first',
  access: 'holder',
  params: inSession,
  query: Type.Object({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  }),
  answers: { 200: EventPage },
  errors: ['entity-not-found', 'client-banned', 'session-token-refused'],
});

/** An operator's message; who answers in a session that had nobody, or a bot, takes it over. */
export const sendOperatorMessage = defineOperation({
  id: 'sendOperatorMessage',
  service: 'chats',
  method: 'POST',
  path: '/sessions/{sessionId}/operators/messages',
  tag: 'Messages',
  summary: "Send an operator's message; it takes over a session that a bot or nobody answers in",
  access: 'user',
  params: inSession,
  body: ClientMessageBody,
  answers: { 201: MessageAccepted, 200: MessageAccepted },
  errors: ['entity-not-found', 'session-closed', 'not-an-operator', 'operator-not-in-session'],
  example: { body: 'Good afternoon, how can I help?' },
});

/** Marks a message as read: the client one of the other side, with a user's token the operator one of the client. */
export const readMessage = defineOperation({
  id: 'readMessage',
  service: 'chats',
  method: 'PATCH',
  path: '/messages/{messageId}/read',
  tag: 'Messages',
  summary: "Mark a message of the other side as read, by the client or with a user's token by the operator",
  access: 'holder',
  params: ofMessage,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'client-banned', 'session-token-refused'],
});

/** Changes what an operator said. */
export const editMessage = defineOperation({
  id: 'editMessage',
  service: 'chats',
  method: 'PATCH',
  path: '/messages/{messageId}',
  tag: 'Messages',
  summary: "Edit an operator's message",
  access: 'user',
  params: ofMessage,
  body: EditMessageBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed', 'permission-denied'],
  example: { body: 'Good evening, how can I help?' },
});

/** Takes back what an operator said: its text is gone everywhere. */
export const deleteMessage = defineOperation({
  id: 'deleteMessage',
  service: 'chats',
  method: 'DELETE',
  path: '/messages/{messageId}',
  tag: 'Messages',
  summary: "Delete an operator's message",
  access: 'user',
  params: ofMessage,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed', 'permission-denied'],
});

/** Everything said in all sessions of a client. */
export const listClientMessages = defineOperation({
  id: 'listClientMessages',
  service: 'chats',
  method: 'GET',
  path: '/clients/{clientId}/messages',
  tag: 'Messages',
  summary: "List the messages of all of a client's sessions",
  access: 'user',
  params: Type.Object({ clientId: Uuid }),
  query: Type.Object({ ...listQuery, ...messageFilters }),
  answers: { 200: ListOf(Message) },
  errors: ['entity-not-found'],
});
