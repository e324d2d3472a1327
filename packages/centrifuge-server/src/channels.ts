import { Channel } from './channel.ts';
import { disconnects } from './protocol/codes.ts';
import { Subscription, type Subscriber } from './subscription.ts';
import type { Counters, NamespaceOptions, StreamSource } from './types.ts';

/** The channels that have subscribers here, by name, and the namespaces they may be of. */
export class Channels {
  readonly #namespaces: Readonly<Record<string, NamespaceOptions>>;
  readonly #counters: Counters;
  readonly #onError: (error: unknown) => void;
  readonly #channels = new Map<string, Channel>();

  constructor(
    namespaces: Readonly<Record<string, NamespaceOptions>>,
    counters: Counters,
    onError: (error: unknown) => void,
  ) {
    this.#namespaces = namespaces;
    this.#counters = counters;
    this.#onError = onError;
  }

  find(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  names(): Iterable<string> {
    return this.#channels.keys();
  }

  /** The namespace of a channel by the part before its first colon; undefined where there is none. */
  namespace(channel: string): NamespaceOptions | undefined {
    const boundary = channel.indexOf(':');
    const name = boundary < 0 ? '' : channel.slice(0, boundary);
    return Object.hasOwn(this.#namespaces, name) ? this.#namespaces[name] : undefined;
  }

  /** The source that has the stream of a channel; throws for a channel of no namespace. */
  sourceOf(name: string): StreamSource {
    const namespace = this.namespace(name);
    if (namespace === undefined) throw new Error(`channel ${name} has no namespace`);
    return namespace.source;
  }

  /** Adds a subscription; what is published waits until the client is told of it. */
  subscribe(subscriber: Subscriber, name: string, audiences: readonly string[] = []): Subscription {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name, this.sourceOf(name), (lost, error) => this.#lose(lost, error));
      this.#channels.set(name, channel);
    }
    const subscription = new Subscription(subscriber, audiences);
    channel.subscriptions.add(subscription);
    subscriber.subscriptions.set(name, subscription);
    this.#counters.subscriptions++;
    return subscription;
  }

  unsubscribe(subscriber: Subscriber, name: string): void {
    const subscription = subscriber.subscriptions.get(name);
    if (subscription === undefined) return;
    subscriber.subscriptions.delete(name);
    this.#counters.subscriptions--;
    const channel = this.#channels.get(name);
    channel?.subscriptions.delete(subscription);
    if (channel?.subscriptions.size === 0) this.#channels.delete(name);
  }

  /** Ends all subscriptions of a subscriber. */
  leave(subscriber: Subscriber): void {
    for (const name of subscriber.subscriptions.keys()) this.unsubscribe(subscriber, name);
  }

  /** A channel whose stream cannot be followed: its subscribers come back and recover. */
  #lose(channel: Channel, error: unknown): void {
    this.#onError(error);
    for (const { subscriber } of channel.subscriptions) subscriber.end(disconnects.insufficientState);
  }
}
