import { Type } from 'typebox';
import { listQuery, ListOf } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Comment } from '../clients.ts';
import { Empty, Instant, SpanEnd, Uuid } from '../primitives.ts';
import {
  BotStatus,
  CloseSessionBody,
  OperatorType,
  RatingBody,
  Session,
  SessionForHolder,
  SessionListItem,
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
  errors: ['entity-not-found', 'client-banned', 'identity-refused', 'start-key-used', 'data-too-large'],
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
  errors: ['entity-not-found', 'client-banned', 'identity-refused', 'start-key-used', 'data-too-large'],
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
    from: Type.Optional(Instant),
    to: Type.Optional(SpanEnd),
    status: Type.Optional(SessionStatus),
    botStatus: Type.Optional(BotStatus),
    operatorType: Type.Optional(OperatorType),
    operatorId: Type.Optional(Type.String({ maxLength: 64 })),
    markedAsSpam: Type.Optional(Type.Boolean()),
    name: Type.Optional(Type.String({ maxLength: 255, description: 'part of the name' })),
    keyword: Type.Optional(
      Type.String({
        maxLength: 255,
        description: 'part of the name or of a messenger number, or how the id of a session or client begins',
      }),
    ),
    tags: Type.Optional(
      Type.Array(Type.String({ maxLength: 128 }), {
        maxItems: 50,
        description: "sessions with any of these tags, their own or their client's",
      }),
    ),
    clientBanned: Type.Optional(Type.Boolean()),
    groupByClientId: Type.Optional(Type.Boolean({ description: 'the newest session of each client only' })),
  }),
  answers: {
    200: ListOf(
      SessionListItem,
      'all sessions, also with one filter; up to 10,000 with a search, tags, clientBanned or several filters',
    ),
  },
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
  answers: {
    200: Type.Union([
      Session,
      SessionForHolder,
      Type.Partial(Session, { description: 'with `fields`: those alone, as far as the caller may see them' }),
    ]),
  },
  errors: ['entity-not-found', 'session-token-refused'],
});

/** Shows the other side that somebody types: the client, or with a user's token the operator. */
export const typeInSession = defineOperation({
  id: 'typeInSession',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/typing',
  tag: 'Sessions',
  summary: "Say that the client is typing, or with a user's token the operator",
  access: 'holder',
  params: inSession,
  body: Type.Object({ draft: Type.Optional(Type.String({ maxLength: 4096 })) }),
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed', 'client-banned', 'session-token-refused'],
  example: {},
});

/** The client rates the session. */
export const rateSession = defineOperation({
  id: 'rateSession',
  service: 'chats',
  method: 'PUT',
  path: '/sessions/{sessionId}/rating',
  tag: 'Sessions',
  summary: 'Rate a session, within the scale of its chat',
  access: 'holder',
  params: inSession,
  body: RatingBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-rated', 'client-banned', 'session-token-refused'],
  example: { rating: 5, comment: 'Quick and kind' },
});

/** The tokens of a session open it no more. */
export const revokeSessionTokens = defineOperation({
  id: 'revokeSessionTokens',
  service: 'chats',
  method: 'DELETE',
  path: '/sessions/{sessionId}/tokens',
  tag: 'Sessions',
  summary: 'Revoke the tokens of a session; where the chat verifies, a continue under its identity gets another',
  access: 'holder',
  params: inSession,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-token-refused'],
});

/** An operator ends the session. */
export const closeSession = defineOperation({
  id: 'closeSession',
  service: 'chats',
  method: 'DELETE',
  path: '/sessions/{sessionId}',
  tag: 'Sessions',
  summary: 'Close a session with a result; closing it again changes nothing',
  access: 'user',
  params: inSession,
  body: CloseSessionBody,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: { result: 'solved' },
});

/** Another name; the rest of the path, slashes too, is the name. */
export const renameSession = defineOperation({
  id: 'renameSession',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/names/{newName}',
  takesRest: true,
  tag: 'Sessions',
  summary: 'Rename a session; the rest of the path is the name',
  access: 'user',
  params: Type.Object({ sessionId: Uuid, newName: Type.String({ minLength: 1, maxLength: 255 }) }),
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Spam closes the session and keeps it out of figures. */
export const markSpam = defineOperation({
  id: 'markSpam',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/spam',
  tag: 'Sessions',
  summary: 'Mark a session as spam and close it',
  access: 'user',
  params: inSession,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Takes the mark back; the session stays closed. */
export const unmarkSpam = defineOperation({
  id: 'unmarkSpam',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/notSpam',
  tag: 'Sessions',
  summary: 'Take the spam mark of a session back',
  access: 'user',
  params: inSession,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

const ofTag = Type.Object({ sessionId: Uuid, tagId: Uuid });

/** Puts a tag on a session. */
export const tagSession = defineOperation({
  id: 'tagSession',
  service: 'chats',
  method: 'PUT',
  path: '/sessions/{sessionId}/tags/{tagId}',
  tag: 'Tags and comments',
  summary: 'Put a tag on a session',
  access: 'user',
  params: ofTag,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'cap-reached'],
});

/** Takes a tag off a session. */
export const untagSession = defineOperation({
  id: 'untagSession',
  service: 'chats',
  method: 'DELETE',
  path: '/sessions/{sessionId}/tags/{tagId}',
  tag: 'Tags and comments',
  summary: 'Take a tag off a session',
  access: 'user',
  params: ofTag,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** What was noted about a session. */
export const getSessionComment = defineOperation({
  id: 'getSessionComment',
  service: 'chats',
  method: 'GET',
  path: '/sessions/{sessionId}/comment',
  tag: 'Tags and comments',
  summary: 'Read the comment of a session',
  access: 'user',
  params: inSession,
  answers: { 200: Comment },
  errors: ['entity-not-found'],
});

/** Notes something about a session. */
export const setSessionComment = defineOperation({
  id: 'setSessionComment',
  service: 'chats',
  method: 'PUT',
  path: '/sessions/{sessionId}/comment',
  tag: 'Tags and comments',
  summary: 'Write the comment of a session',
  access: 'user',
  params: inSession,
  body: Comment,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: { comment: 'Wants a call on Monday' },
});
