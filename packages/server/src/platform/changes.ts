import type { Log } from './log.ts';

/** What can change, by the id it has. */
export interface ChangeIds {
  readonly chat: string;
  readonly bot: string;
  /** A chat that no longer takes as a proof what it took before. */
  readonly 'chat-proofs': string;
  readonly session: string;
  /** A session whose client is banned by now. */
  readonly 'client-ban': string;
  /** The tokens of a session were revoked. */
  readonly 'session-tokens': string;
  /** A user's roles, block, name or generation of tokens. */
  readonly user: number;
  /** A login that was ended, by its id. */
  readonly login: string;
  /** A company's settings. */
  readonly company: number;
  /** The hash of an API key, in hexadecimal. */
  readonly 'api-key': string;
}

/** A kind of thing that can change. */
export type ChangeKind = keyof ChangeIds;

/** Hears of a change: what it keeps of the thing is old, where it is older than the version. */
export type ChangeListener<Kind extends ChangeKind> = (id: ChangeIds[Kind], version: number | undefined) => void;

/**
 * The word that something changed, for whoever keeps what was read of it. It carries no content, may come twice, and is
 * a hint: what must happen even where the process dies right after the commit is a due row of that commit.
 */
export class Changes {
  readonly #log: Log;
  readonly #listeners = new Map<ChangeKind, Set<ChangeListener<ChangeKind>>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Tells of a change that is committed: everybody has heard when this returns. */
  tell<Kind extends ChangeKind>(kind: Kind, id: ChangeIds[Kind], version?: number): void {
    for (const listener of this.#listeners.get(kind) ?? []) {
      try {
        listener(id as never, version);
      } catch (error) {
        this.#log.error({ error, kind }, 'a change was not taken in by somebody who heard of it');
      }
    }
  }

  /** Listens to the changes of a kind. */
  on<Kind extends ChangeKind>(kind: Kind, listener: ChangeListener<Kind>): void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener as ChangeListener<ChangeKind>));
  }
}
