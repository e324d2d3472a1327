import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { WebSocket, type ClientOptions } from 'ws';
import { createCentrifugeServer, type CentrifugeServer } from '../server.ts';
import type { CentrifugeServerOptions, Clock, StreamPublication } from '../types.ts';

export const pause = (): Promise<void> => new Promise((next) => setTimeout(next, 5));

/** A stream in memory that outlives servers, as a database would. */
export class Log {
  readonly items: StreamPublication[] = [];
  epoch = 'e1';
  /** Questions asked, and reads answered. */
  positions = 0;
  reads = 0;
  /** What answers wait for once they are found. */
  held: Promise<void> | undefined;
  readonly source = {
    position: async (channels: readonly string[]) => {
      const { items, epoch } = this;
      const end = { offset: items.length, epoch };
      this.positions++;
      await (this.held ?? pause());
      return new Map(channels.filter((name) => name !== 'log:none').map((name) => [name, end]));
    },
    read: async (places: ReadonlyMap<string, number>, limit: number) => {
      const found = new Map([...places].map(([name, since]) => [name, this.items.slice(since, since + limit)]));
      await (this.held ?? pause());
      this.reads++;
      return found;
    },
  };

  add(data: unknown, audience?: string): StreamPublication {
    const item = {
      offset: this.items.length + 1,
      data: JSON.stringify(data),
      ...(audience === undefined ? {} : { audience }),
    };
    this.items.push(item);
    return item;
  }
}

/** A clock that stands until it is moved on. */
export function standingClock(): Clock & { advance(milliseconds: number): void } {
  let now = 0;
  let tick = (): void => undefined;
  return {
    now: () => now,
    every: (_, callback) => ((tick = callback), { cancel: () => undefined }),
    advance(milliseconds) {
      now += milliseconds;
      tick();
    },
  };
}

const opened: { close(): Promise<void> | void }[] = [];

/** Closes what a test opened, the last first. */
export async function closeOpened(): Promise<void> {
  for (const item of opened.splice(0).reverse()) await item.close();
}

/** What clients of the tests ask of the connect handler. */
interface Wishes {
  readonly fail?: string;
  readonly user?: string;
  readonly channels?: readonly string[];
  readonly audiences?: readonly string[];
}

/** How a server of a test differs from the others. */
interface ServeOptions extends Pick<CentrifugeServerOptions, 'clock' | 'limiter' | 'onError'> {
  readonly port?: number;
  /** What decisions about connects wait for, and calls of the method `wait`. */
  readonly held?: Promise<void>;
  readonly disconnected?: CentrifugeServerOptions['handlers']['disconnected'];
}

/** A server on a port. */
export async function serve(
  log: Log,
  { port = 0, held, disconnected, ...options }: ServeOptions = {},
): Promise<{ url: string; engine: CentrifugeServer; http: Server }> {
  const engine = createCentrifugeServer({
    version: 'test',
    allowedOrigins: ['https://allowed.example'],
    namespaces: { log: { source: log.source } },
    ...options,
    handlers: {
      ...(disconnected === undefined ? {} : { disconnected }),
      async connect({ data }) {
        await held;
        const { fail, user = 'u', channels = ['log:a'], audiences = [] } = (data ?? {}) as Wishes;
        if (fail === 'error') return { error: { code: 401, message: 'no' } };
        if (fail === 'throw') throw new Error('broken');
        if (fail === 'disconnect') return { disconnect: { code: 4501, reason: 'go away' } };
        return { result: { user, subs: Object.fromEntries(channels.map((name) => [name, { audiences }])) } };
      },
      async rpc({ method, data }) {
        if (method === 'wait') await held;
        if (method === 'echo' || method === 'wait') return { result: { data: JSON.stringify(data) } };
        return { error: { code: 404, message: 'Entity not found' } };
      },
    },
  });
  const http = createServer((_request, response) => response.end());
  http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const stop = async (): Promise<void> => {
    await engine.close();
    http.closeAllConnections();
    http.close();
  };
  opened.push({ close: stop });
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, engine, http };
}

/** A connect without any wish. */
export const CONNECT = '{"id":1,"connect":{}}';

/** A raw connection: what was received, and how it ended. */
export async function raw(
  url: string,
  frames: readonly string[] = [],
  headers: Record<string, string> = {},
  options: ClientOptions = {},
) {
  const socket = new WebSocket(url, { headers, ...options });
  const received: Record<string, unknown>[] = [];
  const framesIn: string[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    framesIn.push(data.toString());
    received.push(
      ...data
        .toString()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  });
  opened.push({ close: () => socket.terminate() });
  await new Promise((resolve) => socket.once('open', resolve).once('close', resolve));
  for (const frame of frames) socket.send(frame);
  return { socket, received, framesIn, closed };
}

/** The official client over each of its encodings. */
export const officialClients = [
  ['JSON', official(Centrifuge, false)],
  ['Protobuf', official(ProtobufCentrifuge, true)],
] as const;

function official(Client: typeof Centrifuge | typeof ProtobufCentrifuge, binary: boolean) {
  const encode = (value: unknown): never => (binary ? new TextEncoder().encode(JSON.stringify(value)) : value) as never;
  /** Protobuf has empty bytes where there is no data. */
  const decode = (value: unknown): unknown => {
    if (!(value instanceof Uint8Array)) return value;
    return value.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(value));
  };
  /** Connects; `got` is what is published to it, `told` the subscriptions it heard of, `ended` how it ended for good. */
  const listen = (url: string, wishes: Wishes = {}) => {
    const client = new Client(url, {
      websocket: WebSocket,
      data: encode(wishes),
      minReconnectDelay: 10,
      maxReconnectDelay: 50,
    });
    const got: unknown[] = [];
    const told: unknown[] = [];
    const ids: string[] = [];
    client.on('publication', ({ data }: PublicationContext) => got.push(decode(data)));
    client.on('connected', ({ client: id }) => ids.push(id));
    client.on('subscribed', ({ channel, streamPosition, data }) => {
      told.push({ channel, at: streamPosition, data: decode(data) });
    });
    client.on('unsubscribed', ({ channel }) => told.push({ gone: channel }));
    const ended = new Promise((resolve) => client.on('disconnected', resolve));
    client.connect();
    opened.push({ close: () => client.disconnect() });
    return { client, got, told, ids, ended };
  };
  return { encode, decode, listen };
}
