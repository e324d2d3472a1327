import type { PassingEvent } from '../../platform/announcer.ts';

/** Connected clients: those of a user, or a single one by its id. */
export type Recipient = { readonly user: string; readonly client?: string } | { readonly client: string };

/** A client that is subscribed to a channel. */
export interface PresentClient {
  readonly client: string;
  readonly user: string;
}

/**
 * Where an event stands in the stream of its channel. Channel and offset name it among all events, so an engine that
 * drops repeats by a key makes the key of these two.
 */
export interface StreamPlace {
  readonly offset: number;
  /** Who may receive it beyond everybody; null: everybody. */
  readonly audience: string | null;
}

/**
 * Whatever delivers events to connected clients: the server inside this process, or a Centrifugo beside it. Words to
 * it are never lost: what cannot be delivered in its order now is read from the event log and delivered later.
 */
export interface LiveEngine extends AsyncDisposable {
  /** Delivers a committed event in its turn. Twice is harmless; a hole before it is filled first. */
  publish(channel: string, event: Pick<PassingEvent, 'event' | 'data'>, place: StreamPlace): void;
  /** Delivers an event that leaves no trace to those of its audience who are there. */
  publishPassing(channel: string, event: PassingEvent): void;
  /** There is, or may be in a moment, more than was published: the log is read up to the offset and delivered. */
  wake(channel: string, offset: number): void;
  /** Something may have been missed anywhere: what every channel has is compared with the log. */
  wakeAll(): void;
  /** Gives connected clients a channel, from the end of its stream on; fails where the stream cannot be asked. */
  subscribe(who: Recipient, channel: string, audiences: readonly string[]): Promise<void>;
  /** Takes a channel from clients, for good. */
  unsubscribe(who: Recipient, channel: string): Promise<void>;
  /** The channels that somebody has. */
  channels(): Iterable<string>;
  /** Sends those who have a channel to connect anew, and be given what they may have now. */
  renew(channel: string): void;
  /** Ends connections, for good. */
  disconnect(who: Recipient): Promise<void>;
  /** The clients that have a channel. */
  presence(channel: string): Promise<readonly PresentClient[]>;
}
