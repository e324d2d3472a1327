import { Channel, type Subscription } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Encoding } from './encoding.ts';
import { disconnects } from './protocol/codes.ts';
import type { CentrifugeServerOptions, Clock, Counters, NamespaceOptions, StreamSource } from './types.ts';

/** All connections and channels of a server. */
export class Hub {
  readonly options: CentrifugeServerOptions;
  readonly clock: Clock;
  readonly connections = new Set<Connection>();
  readonly counters: Counters = {
    connections: 0,
    subscriptions: 0,
    received: 0,
    delivered: 0,
    framesSent: 0,
    disconnects: new Map(),
  };
  readonly #channels = new Map<string, Channel>();
  #toFlush: Connection[] = [];

  constructor(options: CentrifugeServerOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
  }

  onError(error: unknown): void {
    this.options.onError?.(error);
  }

  add(connection: Connection): void {
    this.connections.add(connection);
    this.counters.connections = this.connections.size;
  }

  /** Forgets a connection and its subscriptions. */
  remove(connection: Connection, established: boolean, code: number, reason: string): void {
    this.connections.delete(connection);
    const { counters } = this;
    counters.connections = this.connections.size;
    counters.disconnects.set(code, (counters.disconnects.get(code) ?? 0) + 1);
    for (const channel of connection.subscriptions.keys()) this.unsubscribe(connection, channel);
    if (!established) return;
    const { id: client, user, meta } = connection;
    this.options.handlers.disconnected?.({ client, user, meta, code, reason });
  }

  /** The namespace of a channel by the part before its first colon; undefined where there is none. */
  namespace(channel: string): NamespaceOptions | undefined {
    const boundary = channel.indexOf(':');
    const name = boundary < 0 ? '' : channel.slice(0, boundary);
    return Object.hasOwn(this.options.namespaces, name) ? this.options.namespaces[name] : undefined;
  }

  channel(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** Channels that have subscribers here. */
  channels(): Iterable<string> {
    return this.#channels.keys();
  }

  /** Channel names by the source that has their streams. */
  bySource(names: readonly string[]): Map<StreamSource, string[]> {
    const groups = new Map<StreamSource, string[]>();
    for (const name of names) {
      const source = this.#sourceOf(name);
      groups.set(source, [...(groups.get(source) ?? []), name]);
    }
    return groups;
  }

  /** Adds a subscription whose publications wait until its reply has left. */
  subscribe(connection: Connection, name: string, audiences: readonly string[]): void {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name, this.#sourceOf(name), (lost, error) => this.#lose(lost, error));
      this.#channels.set(name, channel);
    }
    const subscription: Subscription = { connection, audiences, from: 0, waiting: [] };
    channel.subscriptions.add(subscription);
    connection.subscriptions.set(name, subscription);
    this.counters.subscriptions++;
  }

  unsubscribe(connection: Connection, name: string): void {
    const subscription = connection.subscriptions.get(name);
    if (subscription === undefined) return;
    connection.subscriptions.delete(name);
    this.counters.subscriptions--;
    const channel = this.#channels.get(name);
    channel?.subscriptions.delete(subscription);
    if (channel?.subscriptions.size === 0) this.#channels.delete(name);
  }

  /** Puts a connection among those that have something to send at the end of the tick. */
  willFlush(connection: Connection): void {
    if (this.#toFlush.length === 0) setImmediate(() => this.#flush());
    this.#toFlush.push(connection);
  }

  /**
   * Sends the output of a tick. Subscribers of one channel usually have the very same messages: their frame is built
   * once and written to each.
   */
  #flush(): void {
    const connections = this.#toFlush;
    this.#toFlush = [];
    let last: { encoding: Encoding; messages: readonly Buffer[]; frame: Buffer } | undefined;
    const frameOf = (encoding: Encoding, messages: readonly Buffer[]): Buffer => {
      const same =
        last?.encoding === encoding &&
        last.messages.length === messages.length &&
        last.messages.every((message, index) => message === messages[index]);
      if (last === undefined || !same) last = { encoding, messages, frame: encoding.frame(messages) };
      return last.frame;
    };
    for (const connection of connections) connection.flush(frameOf);
  }

  /** A channel whose stream cannot be followed: its subscribers come back and recover. */
  #lose(channel: Channel, error: unknown): void {
    this.onError(error);
    for (const { connection } of channel.subscriptions) connection.end(disconnects.insufficientState);
  }

  #sourceOf(name: string): StreamSource {
    const namespace = this.namespace(name);
    if (namespace === undefined) throw new Error(`channel ${name} has no namespace`);
    return namespace.source;
  }
}
