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

/**
 * Sessions that connections joined and had not named when they connected, with the tokens that later calls need not
 * repeat. They are forgotten with their connection.
 */
export class Joins {
  readonly #channels: JoinedChannels;
  readonly #joined = new WeakMap<ConnectionMeta, Map<string, string | null>>();

  constructor(channels: JoinedChannels) {
    this.#channels = channels;
  }

  /** The token that a connection has for a session. */
  tokenOf(meta: ConnectionMeta, sessionId: string): string | null {
    const id = sessionId.toLowerCase();
    return this.#joined.get(meta)?.get(id) ?? meta.tokens[id] ?? null;
  }

  /** How many sessions a connection has, those it named and those it joined. */
  given(meta: ConnectionMeta): number {
    return meta.sessions.length + (this.#joined.get(meta)?.size ?? 0);
  }

  /**
   * Joins a session whose channel the connection has, or is given: before the join, which may let its first words be
   * said. Commands of a connection are done one after another. Throws `too-many-sessions`; where the join fails, what was
   * given is taken back.
   */
  async during(by: ConnectedClient, { id, token }: JoinedSession, join: () => Promise<void>): Promise<void> {
    const { client, meta } = by;
    // What the connect named may have been taken meanwhile, as from a client that was banned for a while.
    const give = (): Promise<void> => this.#channels.give(client, id, meta.audiences);
    if (meta.sessions.includes(id)) {
      await give();
      return join();
    }
    const places = this.#placesOf(meta);
    const known = places.has(id);
    if (!known && this.given(meta) >= MAX_LIVE_SESSIONS) throw new Failure('too-many-sessions');
    places.set(id, token);
    try {
      await give();
      await join();
    } catch (error) {
      if (!known) await this.#free(by, id);
      throw error;
    }
  }

  /**
   * Leaves a session. One that was joined gives its place back with its channel, and another may be joined; one that the
   * connect named is heard on.
   */
  async leaving(by: ConnectedClient, id: string, leave: () => void): Promise<void> {
    leave();
    await this.#free(by, id);
  }

  async #free({ client, meta }: ConnectedClient, id: string): Promise<void> {
    if (this.#placesOf(meta).delete(id)) await this.#channels.take(client, id);
  }

  #placesOf(meta: ConnectionMeta): Map<string, string | null> {
    const places = this.#joined.get(meta) ?? new Map<string, string | null>();
    this.#joined.set(meta, places);
    return places;
  }
}
