import { Type, type Static, type TSchema } from 'typebox';
import { errorTable, type ErrorCode } from './errors.ts';
import { ClientMessageBody, MessageAccepted } from './messages.ts';
import { OneOf, Said, Success, Uuid } from './primitives.ts';

/** The channel of one session; clients learn it from the connect reply and never build it. */
export function widgetChannel(sessionId: string): string {
  return `${WIDGET_NAMESPACE}:${sessionId}`;
}

/** Namespace of session channels. */
export const WIDGET_NAMESPACE = 'widget';

/** As long as any token of ours: one that does not fit opens nothing, and ends no connection. */
const SessionToken = Type.String({ maxLength: 8192 });

/** Path of the WebSocket endpoint. */
export const LIVE_PATH = '/centrifugo/connection/websocket';

/** Sessions that one connection listens to, those it named and those it joined later. */
export const MAX_LIVE_SESSIONS = 100;

/**
 * Calls a minute that a session takes, over however many connections, and those of a connection in all; it has as many as
 * a session for each that it was given.
 */
export const CALLS_A_MINUTE = { session: 120, connection: 1200 } as const;

/** Data of a client's `connect`. Settings that are not known are ignored. */
export const WidgetConnectData = Type.Object({
  application: Type.Literal('widget'),
  settings: Type.Object({
    sessions: Type.Array(Type.String({ maxLength: 64 }), { maxItems: MAX_LIVE_SESSIONS }),
    userId: Type.Optional(Type.String({ maxLength: 255 })),
    echo: Type.Optional(Type.Boolean({ description: "also receive the client's own messages" })),
    sessionTokens: Type.Optional(Type.Record(Type.String(), SessionToken, { maxProperties: MAX_LIVE_SESSIONS })),
    identityToken: Type.Optional(Type.String({ maxLength: 8192 })),
  }),
});
export type WidgetConnectData = Static<typeof WidgetConnectData>;

const ofSession = { id: Uuid };

/**
 * Every RPC a client may call, by its data. With its answer below that is all that the wire has to know of it: its types
 * and its part of the documents follow from here.
 */
export const rpcSchemas = {
  joinSession: Said(
    'Says that the client is there: it counts as online until it leaves or its last connection ends. A session that was not named at the connect is listened to from here on, with its token where its chat asks for one.',
    { ...ofSession, sessionToken: Type.Optional(SessionToken) },
  ),
  leaveSession: Said(
    'Says that the client is gone, while the connection stays. A session that the connect had not named is heard no more, and gives its place to another.',
    { ...ofSession },
  ),
  typing: Said('Shows the other side that the client types.', {
    ...ofSession,
    draft: Type.Optional(Type.String({ maxLength: 4096 })),
  }),
  readMessage: Said('Marks a message of the other side as read.', { ...ofSession, messageId: Uuid }),
  rateSession: Said('Rates the session, within the scale of its chat.', {
    ...ofSession,
    rating: Type.Integer({ minimum: 0, maximum: 10 }),
    comment: Type.Optional(Type.String({ maxLength: 4096 })),
  }),
  sendMessage: Said(
    'Sends a message of the client, as `POST /sessions/{sessionId}/clients/messages` does, by the same rules and with the same answer. Messages of a connection are taken in the order in which they are sent. The same `clientMessageId` again, by socket or by POST, is the same message: whoever lost the answer sends it again, over any connection.',
    { ...ofSession, ...ClientMessageBody.properties, clientMessageId: Uuid },
  ),
} as const satisfies Record<string, TSchema>;
/** Name of a client RPC. */
export type RpcName = keyof typeof rpcSchemas;
/** Data of the client RPCs by name. */
export type RpcData = { [K in RpcName]: Static<(typeof rpcSchemas)[K]> };

/** What each RPC answers when it is done. */
export const rpcAnswers = {
  joinSession: Success,
  leaveSession: Success,
  typing: Success,
  readMessage: Success,
  rateSession: Success,
  sendMessage: MessageAccepted,
} as const satisfies Record<RpcName, TSchema>;
/** Answers of the client RPCs by name. */
export type RpcAnswers = { [K in RpcName]: Static<(typeof rpcAnswers)[K]> };

/** What an RPC answers, as its data, when it is not done. */
export const RpcRefusal = Type.Object({
  success: Type.Literal(false),
  code: OneOf(Object.keys(errorTable) as ErrorCode[]),
  retryAfter: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type RpcRefusal = Static<typeof RpcRefusal>;

/** Whether an RPC that is not done is answered by an error of the protocol, as the documented platform's own is. */
export function failsAsError(name: RpcName): boolean {
  return name === 'joinSession';
}
