import { Type, type Static, type TSchema } from 'typebox';
import { Said, Success, Uuid } from './primitives.ts';

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
 * Every RPC a client may call, each answered `{success: true}` or an error of the error table: an entry is all that the
 * wire has to know of it. Its types and its part of the documents follow from here.
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
} as const satisfies Record<string, TSchema>;
/** Name of a client RPC. */
export type RpcName = keyof typeof rpcSchemas;
/** Data of the client RPCs by name. */
export type RpcData = { [K in RpcName]: Static<(typeof rpcSchemas)[K]> };
/** Answer of every client RPC. */
export const RpcAnswer = Success;
