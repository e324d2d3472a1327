import type { AuthorType } from '@molva/contract';
import { databaseError, UNIQUE_VIOLATION } from '../../../platform/database.ts';
import { badField, Failure } from '../../../platform/failure.ts';
import type { MessageRow, SessionStore } from '../state/store.ts';

/** What became of a message that was sent. */
export interface Accepted {
  readonly id: string;
  readonly createdAt: number;
  readonly seq: number;
  readonly eventSeq: number;
  readonly replayed: boolean;
}

type Placed = Omit<Accepted, 'replayed'>;

/** Answers a message that was sent again under the same key as it was answered first. */
export class Repeats {
  readonly #store: SessionStore;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** What the write answers, or what was answered before where it repeats one. */
  async answer(
    sessionId: string,
    author: AuthorType,
    key: string | undefined,
    write: () => Promise<Placed>,
  ): Promise<Accepted> {
    try {
      const { id, createdAt, seq, eventSeq } = await write();
      return { id, createdAt, seq, eventSeq, replayed: false };
    } catch (error) {
      const row = await this.#repeated(error, sessionId, key);
      if (row.author_type !== author) throw badField('Idempotency-Key', 'was used for a message of the other side');
      return { id: row.id, createdAt: row.created_at, seq: row.seq, eventSeq: row.event_seq, replayed: true };
    }
  }

  /** Throws that the session is closed, unless the message was accepted before it was. */
  async refuseClosed(sessionId: string, key: string | undefined): Promise<never> {
    const row = key === undefined ? undefined : await this.#store.messageByKey(sessionId, key);
    throw row === undefined ? new Failure('session-closed') : new Repeated(row);
  }

  /** The message a failed write repeated; throws the error on where it was something else. */
  async #repeated(error: unknown, sessionId: string, key: string | undefined): Promise<MessageRow> {
    if (error instanceof Repeated) return error.row;
    const row =
      key !== undefined && databaseError(error)?.code === UNIQUE_VIOLATION
        ? await this.#store.messageByKey(sessionId, key)
        : undefined;
    if (row === undefined) throw error;
    return row;
  }
}

/** Ends a step because its message is there already. */
class Repeated extends Error {
  readonly row: MessageRow;

  constructor(row: MessageRow) {
    super('the message was accepted before');
    this.row = row;
  }
}
