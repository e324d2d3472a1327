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

  /**
   * Joins a session whose channel the connection has, or is given: before the join, which may let its first words be
   * said. Throws `too-many-sessions`; where the join fails, what was given is taken back.
   */
  async during(
    { client, meta }: ConnectedClient,
    { id, token }: JoinedSession,
    join: () => Promise<void>,
  ): Promise<void> {
    const joined = this.#joined.get(meta) ?? new Map<string, string | null>();
    const known = meta.sessions.includes(id) || joined.has(id);
    if (!known && meta.sessions.length + joined.size >= MAX_LIVE_SESSIONS) throw new Failure('too-many-sessions');
    // One that is known may have been taken meanwhile, as from a client that was banned for a while.
    await this.#channels.give(client, id, meta.audiences);
    if (known) return join();
    this.#joined.set(meta, joined.set(id, token));
    try {
      await join();
    } catch (error) {
      joined.delete(id);
      await this.#channels.take(client, id);
      throw error;
    }
  }
}
