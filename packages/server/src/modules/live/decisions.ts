/**
 * What the live side decides about clients, in words that know no transport: the embedded engine calls these functions,
 * and the proxy calls of a Centrifugo would be answered by the same ones. Names and shapes are those of its proxies:
 * request and caller are the members of one proxy request, an answer is the body of the proxy's answer. Two things differ
 * there: `data` of a result is JSON, not its text, and `audiences` become channels of their own.
 */
export interface Decisions {
  /** A client connects: who it is and which channels it gets. Centrifugo's connect proxy. */
  connect(request: ConnectRequest, caller: ConnectingClient): Promise<Decision<ConnectResult>>;
  /** A connected client calls. Centrifugo's RPC proxy, `include_connection_meta` on. */
  rpc(request: RpcRequest, caller: ConnectedClient): Promise<Decision<RpcResult>>;
}

/** A result, an error for the client's reply, or the end of its connection. */
export type Decision<T> =
  | { readonly result: T }
  | { readonly error: { readonly code: number; readonly message: string; readonly temporary?: boolean } }
  | { readonly disconnect: { readonly code: number; readonly reason: string } };

/** A client before it is known: the `client` of the request. */
export interface ConnectingClient {
  readonly client: string;
  /** Whom it stands for where callers are counted. */
  readonly address: string;
}

/** A client as its connect was decided: `client`, `user` and `meta` of the request. */
export interface ConnectedClient {
  readonly client: string;
  readonly user: string;
  readonly meta: ConnectionMeta;
}

/** What is kept of a connection for its calls; JSON, as it may be kept by another process. */
export interface ConnectionMeta {
  /** Whom the connection stands for where callers are counted. */
  readonly address: string;
  /** Session tokens by session, whose id is in small letters. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The signed identity it connected with, and when, in milliseconds. */
  readonly identity?: { readonly token: string; readonly at: number };
  /** What it asked to hear beside what everybody does. */
  readonly audiences: readonly string[];
  /** The sessions it was given. */
  readonly sessions: readonly string[];
}

/** The `data` of a client's connect, parsed and not checked. */
export interface ConnectRequest {
  readonly data?: unknown;
}

/** Who a client is, and its channels. */
export interface ConnectResult {
  readonly user: string;
  readonly meta: ConnectionMeta;
  readonly subs: Readonly<Record<string, { readonly audiences: readonly string[] }>>;
}

/** A client's call: its `data` is parsed and not checked. */
export interface RpcRequest {
  readonly method: string;
  readonly data?: unknown;
}

/** The answer to a call, as JSON text. */
export interface RpcResult {
  readonly data: string;
}
