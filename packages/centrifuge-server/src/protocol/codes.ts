/** An error a reply can carry. Temporary ones and code 109 make client libraries try again; others are final. */
export interface ProtocolError {
  readonly code: number;
  readonly message: string;
  readonly temporary?: boolean;
}

/** The protocol's own errors; 400–1999 are the application's. */
export const errors = {
  internal: { code: 100, message: 'internal server error', temporary: true },
  unknownChannel: { code: 102, message: 'unknown channel' },
  permissionDenied: { code: 103, message: 'permission denied' },
  alreadySubscribed: { code: 105, message: 'already subscribed' },
  limitExceeded: { code: 106, message: 'limit exceeded' },
  badRequest: { code: 107, message: 'bad request' },
  notAvailable: { code: 108, message: 'not available' },
} as const satisfies Record<string, ProtocolError>;

/** Why a connection is ended. The range decides what clients do. */
export interface Disconnect {
  readonly code: number;
  readonly reason: string;
}

/** The protocol's own disconnects: 3000–3499 make clients reconnect, 3500–3999 are final. */
export const disconnects = {
  shutdown: { code: 3001, reason: 'shutdown' },
  serverError: { code: 3004, reason: 'internal server error' },
  slow: { code: 3008, reason: 'slow' },
  insufficientState: { code: 3010, reason: 'insufficient state' },
  noPong: { code: 3012, reason: 'no pong' },
  tooManyRequests: { code: 3013, reason: 'too many requests' },
  invalidToken: { code: 3500, reason: 'invalid token' },
  badRequest: { code: 3501, reason: 'bad request' },
  stale: { code: 3502, reason: 'stale' },
  forced: { code: 3503, reason: 'force disconnect' },
  channelLimit: { code: 3505, reason: 'channel limit' },
  notAvailable: { code: 3508, reason: 'not available' },
} as const satisfies Record<string, Disconnect>;

/** Why a client loses a channel: 2000 is final, from 2500 on client libraries subscribe again. */
export const serverUnsubscribe = { code: 2000, reason: 'server unsubscribe' } as const;

/** Thrown while a command is handled: the reply carries the error. */
export class ReplyError extends Error {
  readonly error: ProtocolError;

  constructor(error: ProtocolError) {
    super(error.message);
    this.error = error;
  }
}

/** Thrown while a command is handled: the connection ends. */
export class DisconnectError extends Error {
  readonly disconnect: Disconnect;

  constructor(disconnect: Disconnect) {
    super(disconnect.reason);
    this.disconnect = disconnect;
  }
}
