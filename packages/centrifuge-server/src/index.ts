/** An embeddable server for the Centrifuge client protocol. Connections, channels and encodings stay inside. */
export { createCentrifugeServer, type CentrifugeServer } from './server.ts';
export { disconnects, errors, type Disconnect, type ProtocolError } from './protocol/codes.ts';
export {
  limits,
  type CentrifugeServerOptions,
  type Clock,
  type ConnectRequest,
  type ConnectResult,
  type Counters,
  type DisconnectedEvent,
  type HandlerAnswer,
  type NamespaceOptions,
  type RpcRequest,
  type ServerSubscription,
  type StreamPublication,
  type StreamSource,
} from './types.ts';
export type { ProtocolName } from './encoding.ts';
