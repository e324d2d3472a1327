import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { Connection } from './connection.ts';
import { json, protobuf, type Encoding } from './encoding.ts';
import { Hub } from './hub.ts';
import { disconnects, type Disconnect } from './protocol/codes.ts';
import { limits, type CentrifugeServerOptions, type Clock, type Counters } from './types.ts';

/** A running server of the Centrifuge client protocol; it is given sockets, it opens none. */
export interface CentrifugeServer extends AsyncDisposable {
  /** Takes over an HTTP upgrade; a request that may not connect is answered and closed. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Delivers to the channel's subscribers here. With an offset it has its place in the stream: twice is harmless, out
   * of order is put right, missing ones are read. Without, it is ephemeral.
   */
  publish(channel: string, data: string, options?: { offset?: number; audience?: string }): void;
  /** Whether anybody here is subscribed. */
  hasSubscribers(channel: string): boolean;
  /** Channels that have subscribers here. */
  channels(): Iterable<string>;
  /** Ends connections of a user, or one of them. */
  disconnect(who: { user: string; client?: string }, disconnect?: Disconnect): void;
  readonly counters: Readonly<Counters>;
  /** Sends every client away, to come back elsewhere, and lets the last frames leave. */
  close(): Promise<void>;
}

const systemClock: Clock = {
  now: () => Date.now(),
  every(milliseconds, callback) {
    const handle = setInterval(callback, milliseconds).unref();
    return { cancel: () => clearInterval(handle) };
  },
};

const TICK_MS = 1_000;
const CLOSE_LIMIT_MS = 2_000;
const PROTOBUF = 'centrifuge-protobuf';
const JSON_PROTOCOL = 'centrifuge-json';

/** Makes a server from its handlers and the streams behind its channels. */
export function createCentrifugeServer(options: CentrifugeServerOptions): CentrifugeServer {
  const clock = options.clock ?? systemClock;
  const hub = new Hub(options, clock);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => [PROTOBUF, JSON_PROTOCOL].find((name) => offered.has(name)) ?? false,
  });
  const ticking = clock.every(TICK_MS, () => {
    const now = clock.now();
    for (const connection of hub.connections) connection.tick(now);
  });
  let closing: Promise<void> | undefined;

  const accept = (webSocket: WebSocket, request: IncomingMessage, socket: Duplex): void => {
    const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '');
    const encoding = encodingOf(webSocket.protocol, query);
    const framePings = query.get('cf_ws_frame_ping_pong') === 'true';
    const connection = new Connection({ id: randomUUID(), encoding, request, hub, webSocket, socket, framePings });
    hub.add(connection);
    webSocket.on('message', (data: RawData) => connection.receive(data as Buffer));
    webSocket.on('close', (code, reason) => connection.closed(code, reason.toString()));
    webSocket.on('error', () => undefined);
  };

  const server: CentrifugeServer = {
    counters: hub.counters,
    handleUpgrade(request, socket, head) {
      // Some clients send the header empty, which the WebSocket library takes for a mistake.
      if (request.headers['sec-websocket-protocol']?.trim() === '') delete request.headers['sec-websocket-protocol'];
      if (closing !== undefined) return refuse(socket, '503 Service Unavailable');
      if (!originAllowed(request, options.allowedOrigins)) return refuse(socket, '403 Forbidden');
      sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request, socket));
    },
    publish(channel, data, { offset, audience } = {}) {
      const target = hub.channel(channel);
      if (offset === undefined) target?.publishPassing(data);
      else target?.publish({ offset, data, ...(audience === undefined ? {} : { audience }) });
    },
    hasSubscribers: (channel) => hub.channel(channel) !== undefined,
    channels: () => hub.channels(),
    disconnect({ user, client }, disconnect = disconnects.forced) {
      for (const connection of hub.connections) {
        if (connection.user === user && (client === undefined || connection.id === client)) connection.end(disconnect);
      }
    },
    close() {
      closing ??= closeAll(hub).finally(() => {
        ticking.cancel();
        sockets.close();
      });
      return closing;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

/** Ends all connections a few at a time, so that they do not all come back in the same instant. */
async function closeAll(hub: Hub): Promise<void> {
  const connections = [...hub.connections];
  const batch = Math.max(50, Math.ceil(connections.length / (CLOSE_LIMIT_MS / 20)));
  for (let at = 0; at < connections.length; at += batch) {
    for (const connection of connections.slice(at, at + batch)) connection.end(disconnects.shutdown);
    await new Promise((next) => setTimeout(next, 20));
  }
}

function encodingOf(subprotocol: string, query: URLSearchParams): Encoding {
  const asked = query.get('format') === 'protobuf' || query.get('cf_protocol') === 'protobuf';
  return subprotocol === PROTOBUF || (subprotocol === '' && asked) ? protobuf : json;
}

function originAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin } = request.headers;
  return origin === undefined || allowed.includes('*') || allowed.includes(origin);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
