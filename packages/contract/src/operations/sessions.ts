import { Type } from 'typebox';
import { EventPage } from '../events.ts';
import { listQuery, ListOf } from '../lists.ts';
import { ClientMessageBody, Message, MessageAccepted } from '../messages.ts';
import { defineOperation } from '../operation.ts';
import { DateTime, Uuid } from '../primitives.ts';
import {
  BotStatus,
  OperatorType,
  Session,
  SessionForHolder,
  SessionStarted,
  SessionStatus,
  StartSessionBody,
} from '../sessions.ts';

const inChat = Type.Object({ chatId: Uuid });
const inSession = Type.Object({ sessionId: Uuid });
const startExample = {
  clientNameForOperator: 'Anna',
  clientTimezone: 180,
  clientMetadata: { order: '1001' },
  returnAnswerAsync: false,
};

/** Start a session. */
export const startSession = defineOperation({
  id: 'startSession',
  service: 'chats',
  method: 'POST',
  path: '/chats/{chatId}/sessions',
  tag: 'Sessions',
  summary: 'Start a session',
  access: 'open',
  params: inChat,
  body: StartSessionBody,
  answers: { 201: SessionStarted, 200: SessionStarted },
  errors: ['entity-not-found', 'client-banned', 'identity-refused', 'session-token-refused'],
  example: startExample,
});

/** Continue the client's last session or start a new one; may carry a message. */
export const continueSession = defineOperation({
  id: 'continueOrStartSession',
  service: 'chats',
  method: 'PUT',
  path: '/chats/{chatId}/sessions',
  tag: 'Sessions',
  summary: "Continue the client's last session, or start a new one",
  access: 'open',
  params: inChat,
  body: StartSessionBody,
  answers: { 200: SessionStarted, 201: SessionStarted },
  errors: ['entity-not-found', 'client-banned', 'identity-refused', 'session-token-refused'],
  example: { ...startExample, messageBody: 'Hello' },
});

/** The sessions of the caller's company. */
export const listSessions = defineOperation({
  id: 'listSessions',
  service: 'chats',
  method: 'GET',
  path: '/sessions',
  tag: 'Sessions',
  summary: 'List sessions',
  access: 'user',
  query: Type.Object({
    ...listQuery,
    sessionId: Type.Optional(Uuid),
    chatId: Type.Optional(Uuid),
    clientId: Type.Optional(Uuid),
    from: Type.Optional(DateTime),
    to: Type.Optional(DateTime),
    status: Type.Optional(SessionStatus),
    botStatus: Type.Optional(BotStatus),
    operatorType: Type.Optional(OperatorType),
    operatorId: Type.Optional(Type.String({ maxLength: 64 })),
    markedAsSpam: Type.Optional(Type.Boolean()),
    name: Type.Optional(Type.String({ maxLength: 255 })),
  }),
  answers: { 200: ListOf(Session) },
});

/** One session. */
export const getSession = defineOperation({
  id: 'getSession',
  service: 'chats',
  method: 'GET',
  path: '/sessions/{sessionId}',
  tag: 'Sessions',
  summary: 'Read a session; its holder sees fewer fields',
  access: 'holder',
  params: inSession,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: Type.Union([Session, SessionForHolder]) },
  errors: ['entity-not-found', 'session-token-refused'],
});

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
    from: Type.Optional(DateTime),
    to: Type.Optional(DateTime),
    companyId: Type.Optional(Type.Integer()),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  answers: { 200: ListOf(Message) },
  errors: ['entity-not-found', 'session-token-refused'],
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
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  }),
  answers: { 200: EventPage },
  errors: ['entity-not-found', 'session-token-refused'],
});

/** Shows the operator that the client types, where there is no socket. */
export const typeInSession = defineOperation({
  id: 'typeInSession',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/typing',
  tag: 'Sessions',
  summary: 'Say that the client is typing',
  access: 'holder',
  params: inSession,
  body: Type.Object({ draft: Type.Optional(Type.String({ maxLength: 4096 })) }),
  answers: { 204: Type.Null() },
  errors: ['entity-not-found', 'session-closed', 'session-token-refused'],
});
