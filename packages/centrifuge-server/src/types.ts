import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ProtocolName } from './encoding.ts';
import type { Disconnect, ProtocolError } from './protocol/codes.ts';

/** What a handler answers: a result, an error for the reply, or the end of the connection. */
export type HandlerAnswer<T> =
  | { readonly result: T }
  | { readonly error: ProtocolError }
  | { readonly disconnect: Disconnect };

/** A client that connects. */
export interface ConnectRequest {
  readonly client: string;
  readonly transport: 'websocket';
  readonly protocol: ProtocolName;
  readonly encoding: 'json';
  readonly name?: string;
  readonly version?: string;
  /** The parsed `data` of the command. */
  readonly data?: unknown;
  /** Channels the client had before and wants to recover. */
  readonly channels: readonly string[];
  readonly headers: IncomingHttpHeaders;
  /** Whose connection it is: what `addressOf` says, or the address of the socket. */
  readonly address: string;
}

/** A subscription the server makes for a client, at connect or later. */
export interface ServerSubscription {
  /** JSON text handed to the client. */
  readonly data?: string;
  /** Publications for an audience reach only subscriptions that list it. */
  readonly audiences?: readonly string[];
}

/** Who a client is and what it gets. `meta` stays here and is handed to later handlers. */
export interface ConnectResult {
  readonly user: string;
  /** JSON text handed to the client. */
  readonly data?: string;
  readonly meta?: unknown;
  readonly subs?: Readonly<Record<string, ServerSubscription>>;
}

/** A call of a connected client. */
export interface RpcRequest {
  readonly client: string;
  readonly user: string;
  readonly method: string;
  /** The parsed `data` of the command. */
  readonly data: unknown;
  readonly meta: unknown;
}

/** Connected clients: those of a user, or a single one by its id. */
export type Recipient = { readonly user: string; readonly client?: string } | { readonly client: string };

/** A client that is subscribed to a channel. */
export interface PresentClient {
  readonly client: string;
  readonly user: string;
}

/** The end of a connection that was established. */
export interface DisconnectedEvent {
  readonly client: string;
  readonly user: string;
  readonly meta: unknown;
  /** 0 where the client ended it with a code of its own. */
  readonly code: number;
  readonly reason: string;
}

/** A publication of a durable stream. */
export interface StreamPublication {
  /** Grows by one with each publication of the channel. */
  readonly offset: number;
  /** JSON text. */
  readonly data: string;
  readonly audience?: string;
}

/** A place in a stream: the offset of a publication, and the epoch, which names the stream's life. */
export interface StreamPosition {
  readonly offset: number;
  readonly epoch: string;
}

/** A durable stream kept elsewhere: an event log, a table, a file. */
export interface StreamSource {
  /** The current ends of channels; one that does not exist is left out. */
  position(channels: readonly string[]): Promise<ReadonlyMap<string, StreamPosition>>;
  /**
   * Publications after an offset of each channel, in order, at most `limit` of each; fewer where they are large, but one
   * where there is any. A channel that has none may be left out.
   */
  read(places: ReadonlyMap<string, number>, limit: number): Promise<ReadonlyMap<string, readonly StreamPublication[]>>;
}

/** What channels of a namespace are. */
export interface NamespaceOptions {
  readonly source: StreamSource;
}

/** Time as the server reads it: milliseconds since some beginning, which never go back. */
export interface Clock {
  now(): number;
  /** Calls again and again until cancelled. */
  every(milliseconds: number, callback: () => void): { cancel(): void };
}

/** What a server is made with. */
export interface CentrifugeServerOptions {
  /** Sent to clients; must not be empty. */
  readonly version: string;
  readonly handlers: {
    connect(request: ConnectRequest): Promise<HandlerAnswer<ConnectResult>>;
    rpc?(request: RpcRequest): Promise<HandlerAnswer<{ data?: string }>>;
    disconnected?(event: DisconnectedEvent): void;
  };
  /** By the part of a channel's name before the first colon. */
  readonly namespaces: Readonly<Record<string, NamespaceOptions>>;
  /** Origins browsers may connect from, or whether one may; `*` allows all. Requests without an Origin are no browsers' and pass. */
  readonly allowedOrigins: readonly string[] | ((origin: string, request: IncomingMessage) => boolean);
  /** Hears of each browser that is refused as it is of another origin. */
  readonly onForeignOrigin?: (request: IncomingMessage) => void;
  /** Whom a request stands for where callers are counted; the address of its socket where absent. */
  readonly addressOf?: (request: IncomingMessage) => string;
  /** How much callers may ask for; without one there is no limit. */
  readonly limiter?: Limiter;
  /** Hears of what handlers and sources throw. */
  readonly onError?: (error: unknown, fault: Fault) => void;
  readonly clock?: Clock;
}

/** Counts what callers ask for, by address. */
export interface Limiter {
  /** A socket asks to be let in; false refuses it. */
  opened(address: string): boolean;
  /** A socket that was let in is gone. */
  closed(address: string): void;
  /**
   * A command arrived, by the name of its request; answers the error for its reply where it is one too many. A handler of
   * calls that counts them itself, by whose they are, has those let through here.
   */
  command(address: string, method: string): ProtocolError | undefined;
}

/** Where something failed: in a command, in a stream that its subscribers are sent away from, in the word of an end. */
export type Fault = 'command' | 'stream' | 'disconnected';

/** Figures of a running server. */
export interface Counters {
  connections: number;
  subscriptions: number;
  received: number;
  delivered: number;
  framesSent: number;
  /** Ended connections by code; those that clients ended with a code of their own are under 0. */
  readonly disconnects: Map<number, number>;
}
