import { Channel } from './channel.ts';
import { disconnects } from './protocol/codes.ts';
import { SharedSource } from './shared-source.ts';
import { Subscription, type Subscriber } from './subscription.ts';
import type { Counters, NamespaceOptions, StreamSource } from './types.ts';

/** The channels that have subscribers here, by name, and the namespaces they may be of. */
export class Channels {
  /** The source of each namespace. */
  readonly #sources: ReadonlyMap<string, SharedSource>;
  readonly #counters: Counters;
  readonly #onError: (error: unknown) => void;
  readonly #channels = new Map<string, Channel>();

  constructor(
    namespaces: Readonly<Record<string, NamespaceOptions>>,
    counters: Counters,
    onError: (error: unknown) => void,
  ) {
    this.#sources = sharedSources(namespaces);
    this.#counters = counters;
    this.#onError = onError;
  }

  find(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  names(): Iterable<string> {
    return this.#channels.keys();
  }

  /** Whether a channel, by the part before its first colon, is of a namespace there is. */
  hasNamespace(channel: string): boolean {
    return this.#sources.has(namespaceOf(channel));
  }

  /** The source that has the stream of a channel; throws for a channel of no namespace. */
  sourceOf(name: string): SharedSource {
    const source = this.#sources.get(namespaceOf(name));
    if (source === undefined) throw new Error(`channel ${name} has no namespace`);
    return source;
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

function namespaceOf(channel: string): string {
  const boundary = channel.indexOf(':');
  return boundary < 0 ? '' : channel.slice(0, boundary);
}

/** Namespaces of one source share what is asked of it. */
function sharedSources(namespaces: Readonly<Record<string, NamespaceOptions>>): ReadonlyMap<string, SharedSource> {
  const shared = new Map<StreamSource, SharedSource>();
  const sources = Object.entries(namespaces).map(([name, { source }]) => {
    const one = shared.get(source) ?? new SharedSource(source);
    shared.set(source, one);
    return [name, one] as const;
  });
  return new Map(sources);
}
