import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Channels } from './channels.ts';
import { Commands } from './commands.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { Connections } from './connections.ts';
import { json, protobuf, type Encoding } from './encoding.ts';
import { Outlet } from './outlet.ts';
import { disconnects, type Disconnect } from './protocol/codes.ts';
import { subscribeConnected, unsubscribeAll } from './server-subscriptions.ts';
import type {
  CentrifugeServerOptions,
  Clock,
  Counters,
  PresentClient,
  Recipient,
  ServerSubscription,
  StreamPosition,
} from './types.ts';
import { chooseProtocol, upgradeAnswer, upgradeFault } from './websocket/handshake.ts';

/** A running server of the Centrifuge client protocol; it is given sockets, it opens none. */
export interface CentrifugeServer extends AsyncDisposable {
  /** Takes over an HTTP upgrade; a request that may not connect is answered and closed. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Delivers to the channel's subscribers here. With an offset it has its place in the stream: what has left already is
   * dropped, out of order is put right, missing ones are read; with another epoch than the stream had, subscribers are
   * sent to recover. Without an offset it is ephemeral.
   */
  publish(channel: string, data: string, options?: { offset?: number; epoch?: string; audience?: string }): void;
  /** Tells that the stream has come to an offset: subscribers here get what they miss up to there, read in order. */
  wake(channel: string, offset: number): void;
  /** What has left to the channel's subscribers here; undefined where there are none, or the stream's end is being asked. */
  position(channel: string): StreamPosition | undefined;
  /** Whether anybody here is subscribed. */
  hasSubscribers(channel: string): boolean;
  /** Channels that have subscribers here. */
  channels(): Iterable<string>;
  /** The clients here that are subscribed and know it. */
  presence(channel: string): PresentClient[];
  /**
   * Subscribes connected clients to a channel from the stream's end on; one that has it is left as it is. It is theirs
   * until they reconnect. Fails, with nobody subscribed, where the stream does not exist or cannot be asked.
   */
  subscribe(who: Recipient, channel: string, options?: ServerSubscription): Promise<void>;
  /** Takes a channel from clients, for good. */
  unsubscribe(who: Recipient, channel: string): void;
  /** Ends connections, by default for good. */
  disconnect(who: Recipient, disconnect?: Disconnect): void;
  readonly counters: Readonly<Counters>;
  /** Sends every client away, to come back elsewhere, and lets the last frames leave; who does not go is cut off. */
  close(): Promise<void>;
}

/** What has passed: a calendar that is set, forward or back, makes nobody late. */
const systemClock: Clock = {
  now: () => performance.now(),
  every(milliseconds, callback) {
    const handle = setInterval(callback, milliseconds).unref();
    return { cancel: () => clearInterval(handle) };
  },
};

const TICK_MS = 1_000;
const CLOSE_LIMIT_MS = 2_000;
/** For clients that were sent away to hang up; the others are cut off. */
const PARTING_MS = 1_000;
const PROTOBUF = 'centrifuge-protobuf';
const JSON_PROTOCOL = 'centrifuge-json';

/** Makes a server from its handlers and the streams behind its channels. */
export function createCentrifugeServer(options: CentrifugeServerOptions): CentrifugeServer {
  const clock = options.clock ?? systemClock;
  const counters = noCounters();
  const channels = new Channels(options.namespaces, counters, (error) => options.onError?.(error, 'stream'));
  const connections = new Connections();
  const commands = new Commands(options, channels);
  const context: ConnectionContext = {
    clock,
    counters,
    outlet: new Outlet(),
    handle: (connection, command) => commands.handle(connection, command),
    closed(connection, established, { code, reason }) {
      connections.end(connection);
      counters.connections = connections.size;
      counters.disconnects.set(code, (counters.disconnects.get(code) ?? 0) + 1);
      channels.leave(connection);
      if (!established) return;
      const { id: client, user, meta } = connection;
      try {
        options.handlers.disconnected?.({ client, user, meta, code, reason });
      } catch (error) {
        options.onError?.(error, 'disconnected');
      }
    },
    removed(connection) {
      connections.remove(connection);
      options.limiter?.closed(connection.address);
    },
  };
  const ticking = clock.every(TICK_MS, () => connections.tick(clock.now()));
  let closing: Promise<void> | undefined;

  const accept = (request: IncomingMessage, head: Buffer, address: string): void => {
    const { socket, headers } = request;
    const protocol = chooseProtocol(request, [PROTOBUF, JSON_PROTOCOL]);
    const query = queryOf(request);
    const framePings = query?.get('cf_ws_frame_ping_pong') === 'true';
    socket.write(upgradeAnswer(request, protocol), 'latin1');
    const wire = { encoding: encodingOf(protocol, query), headers, address, socket, head, framePings };
    connections.add(new Connection(randomUUID(), wire, context));
    counters.connections = connections.size;
  };

  const server: CentrifugeServer = {
    counters,
    handleUpgrade(request, socket, head) {
      if (closing !== undefined) return refuse(socket, '503 Service Unavailable');
      if (!originAllowed(request, options.allowedOrigins)) {
        options.onForeignOrigin?.(request);
        return refuse(socket, '403 Forbidden');
      }
      const fault = upgradeFault(request);
      if (fault !== undefined) return refuse(socket, fault);
      // It has gone already, or said that it will.
      if (!socket.readable || !socket.writable) return void socket.destroy();
      const address = options.addressOf?.(request) ?? request.socket.remoteAddress ?? '';
      if (options.limiter?.opened(address) === false) return refuse(socket, '429 Too Many Requests\r\nRetry-After: 60');
      accept(request, head, address);
    },
    publish(channel, data, { offset, epoch, audience } = {}) {
      const target = channels.find(channel);
      if (offset === undefined) target?.publishPassing(data, audience);
      else target?.publish({ offset, data, ...(audience === undefined ? {} : { audience }) }, epoch);
    },
    wake: (channel, offset) => channels.find(channel)?.wake(offset),
    position: (channel) => channels.find(channel)?.position,
    hasSubscribers: (channel) => channels.find(channel) !== undefined,
    channels: () => channels.names(),
    presence: (channel) => channels.find(channel)?.present() ?? [],
    subscribe: (who, channel, subscription = {}) =>
      subscribeConnected(channels, connections.of(who), channel, subscription),
    unsubscribe: (who, channel) => unsubscribeAll(channels, connections.of(who), channel),
    disconnect(who, disconnect = disconnects.forced) {
      for (const connection of connections.of(who)) connection.end(disconnect);
    },
    close() {
      closing ??= closeAll(connections.all())
        .then(() => gone(connections))
        .finally(() => ticking.cancel());
      return closing;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

/** Ends all a few at a time, so that they do not all come back in the same instant. */
async function closeAll(connections: readonly Connection[]): Promise<void> {
  const batch = Math.max(50, Math.ceil(connections.length / (CLOSE_LIMIT_MS / 20)));
  for (let at = 0; at < connections.length; at += batch) {
    for (const connection of connections.slice(at, at + batch)) connection.end(disconnects.shutdown);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Resolves when all are gone, after a moment at the latest. */
async function gone(connections: Connections): Promise<void> {
  const end = performance.now() + PARTING_MS;
  while (connections.standing > 0 && performance.now() < end) await new Promise((next) => setTimeout(next, 20));
  connections.cutOff();
}

function noCounters(): Counters {
  return { connections: 0, subscriptions: 0, received: 0, delivered: 0, framesSent: 0, disconnects: new Map() };
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams | undefined {
  const at = url.indexOf('?');
  return at < 0 ? undefined : new URLSearchParams(url.slice(at));
}

function encodingOf(subprotocol: string | undefined, query: URLSearchParams | undefined): Encoding {
  if (subprotocol !== undefined) return subprotocol === PROTOBUF ? protobuf : json;
  return query?.get('format') === 'protobuf' || query?.get('cf_protocol') === 'protobuf' ? protobuf : json;
}

function originAllowed(request: IncomingMessage, allowed: CentrifugeServerOptions['allowedOrigins']): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  return typeof allowed === 'function' ? allowed(origin, request) : allowed.includes('*') || allowed.includes(origin);
}

/** Answers an upgrade that is not taken over; its socket is nobody else's to hear of, may be reset, and may not stay. */
function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), PARTING_MS);
  socket.once('close', () => clearTimeout(timer));
}
