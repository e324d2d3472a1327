import { MAX_LIVE_SESSIONS } from '@molva/contract';
import { Failure } from '../../platform/failure.ts';
import type { ConnectedClient, ConnectionMeta } from './decisions.ts';

/** Channels of sessions that a connection was not given when it connected. */
export interface JoinedChannels {
  /** Gives a client the channel of a session; one that has it is left as it is. */
  give(client: string, sessionId: string, audiences: readonly string[]): Promise<void>;
  take(client: string, sessionId: string): Promise<void>;
}

/** A session that is being joined, and the token that opens it. */
interface JoinedSession {
  readonly id: string;
  readonly token: string | null;
}

/** The place that a session has with a connection. */
interface Place {
  token: string | null;
  /** Its joins that are under way: they come to the same. */
  joining: Promise<void> | null;
}

/**
 * Sessions that connections joined and had not named when they connected, with the tokens that later calls need not
 * repeat. They are forgotten with their connection.
 */
export class Joins {
  readonly #channels: JoinedChannels;
  readonly #joined = new WeakMap<ConnectionMeta, Map<string, Place>>();

  constructor(channels: JoinedChannels) {
    this.#channels = channels;
  }

  /** The token that a connection has for a session. */
  tokenOf(meta: ConnectionMeta, sessionId: string): string | null {
    const id = sessionId.toLowerCase();
    return this.#joined.get(meta)?.get(id)?.token ?? meta.tokens[id] ?? null;
  }

  /**
   * Joins a session whose channel the connection has, or is given: before the join, which may let its first words be
   * said. Two at once are one. Throws `too-many-sessions`; where the join fails, what was given is taken back.
   */
  async during(by: ConnectedClient, { id, token }: JoinedSession, join: () => Promise<void>): Promise<void> {
    const { client, meta } = by;
    const { audiences } = meta;
    if (meta.sessions.includes(id)) {
      // It may have been taken meanwhile, as from a client that was banned for a while.
      await this.#channels.give(client, id, audiences);
      return join();
    }
    const places = this.#placesOf(meta);
    const known = places.get(id);
    if (known?.joining) return known.joining;
    if (known === undefined && meta.sessions.length + places.size >= MAX_LIVE_SESSIONS) {
      throw new Failure('too-many-sessions');
    }
    // Taken before anything is waited for: those that come meanwhile find it taken.
    const place: Place = known ?? { token, joining: null };
    place.token = token;
    places.set(id, place);
    place.joining = (async () => {
      try {
        await this.#channels.give(client, id, audiences);
        await join();
      } catch (error) {
        if (known === undefined) await this.#free(by, id, place);
        throw error;
      } finally {
        place.joining = null;
      }
    })();
    return place.joining;
  }

  /**
   * Leaves a session after the join of it that is under way. One that was joined gives its place back with its channel, and
   * another may be joined; one that the connect named is heard on.
   */
  async leaving(by: ConnectedClient, id: string, leave: () => void): Promise<void> {
    const place = this.#placesOf(by.meta).get(id);
    // Whoever joined hears why that failed.
    await place?.joining?.catch(() => undefined);
    leave();
    if (place?.joining === null) await this.#free(by, id, place);
  }

  async #free({ client, meta }: ConnectedClient, id: string, place: Place): Promise<void> {
    const places = this.#placesOf(meta);
    if (places.get(id) !== place) return;
    places.delete(id);
    await this.#channels.take(client, id);
  }

  #placesOf(meta: ConnectionMeta): Map<string, Place> {
    const places = this.#joined.get(meta) ?? new Map<string, Place>();
    this.#joined.set(meta, places);
    return places;
  }
}
