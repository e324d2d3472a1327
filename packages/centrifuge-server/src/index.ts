/** An embeddable server for the Centrifuge client protocol. Connections, channels and encodings stay inside. */
export { createCentrifugeServer, type CentrifugeServer } from './server.ts';
export { disconnects, errors, type Disconnect, type ProtocolError } from './protocol/codes.ts';
export { limits } from './limits.ts';
export type {
  CentrifugeServerOptions,
  Clock,
  ConnectRequest,
  ConnectResult,
  Counters,
  DisconnectedEvent,
  Fault,
  HandlerAnswer,
  Limiter,
  NamespaceOptions,
  PresentClient,
  Recipient,
  RpcRequest,
  ServerSubscription,
  StreamPosition,
  StreamPublication,
  StreamSource,
} from './types.ts';
export type { ProtocolName } from './encoding.ts';
