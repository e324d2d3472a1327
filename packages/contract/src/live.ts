import { Type, type Static, type TSchema } from 'typebox';
import { Success, Uuid } from './primitives.ts';

/** The channel of one session; clients learn it from the connect reply and never build it. */
export function widgetChannel(sessionId: string): string {
  return `${WIDGET_NAMESPACE}:${sessionId}`;
}

/** Namespace of session channels. */
export const WIDGET_NAMESPACE = 'widget';

/** Path of the WebSocket endpoint. */
export const LIVE_PATH = '/centrifugo/connection/websocket';

/** Data of a client's `connect`. Settings that are not known are ignored. */
export const WidgetConnectData = Type.Object({
  application: Type.Literal('widget'),
  settings: Type.Object({
    sessions: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
    userId: Type.Optional(Type.String({ maxLength: 255 })),
    echo: Type.Optional(Type.Boolean({ description: "also receive the client's own messages" })),
    sessionTokens: Type.Optional(Type.Record(Type.String(), Type.String())),
    identityToken: Type.Optional(Type.String({ maxLength: 8192 })),
  }),
});
export type WidgetConnectData = Static<typeof WidgetConnectData>;

const ofSession = { id: Uuid };

/** Data of every RPC a client may call; each is answered `{success: true}` or an error of the error table. */
export const rpcSchemas = {
  joinSession: Type.Object({ ...ofSession }),
  leaveSession: Type.Object({ ...ofSession }),
  typing: Type.Object({ ...ofSession, draft: Type.Optional(Type.String({ maxLength: 4096 })) }),
  readMessage: Type.Object({ ...ofSession, messageId: Uuid }),
  rateSession: Type.Object({
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
