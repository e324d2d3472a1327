import { wireDate, type AuthorType, type MessageAccepted } from '@molva/contract';
import { badField } from '../../../platform/failure.ts';
import type { SessionStore } from '../state/store.ts';
import { once } from './once.ts';

/** What became of a message that was sent. */
export interface Accepted {
  readonly id: string;
  readonly createdAt: number;
  readonly seq: number;
  readonly eventSeq: number;
  readonly replayed: boolean;
}

/** What became of a message, as its sender is told by whichever way. */
export function acceptedView({ id, createdAt, seq, eventSeq }: Accepted): MessageAccepted {
  return { id, createdAt: wireDate(createdAt), seq, eventSeq };
}

/** A message as its call says it. */
export interface SentMessage {
  readonly sessionId: string;
  readonly author: AuthorType;
  readonly authorId: string;
  readonly key: string | undefined;
}

/** Writes a message, or answers as it was answered first where it was sent before under its key. */
export function acceptOnce(
  store: SessionStore,
  { sessionId, author, authorId, key }: SentMessage,
  write: () => Promise<Omit<Accepted, 'replayed'>>,
): Promise<Accepted> {
  return once<Accepted>({
    key,
    lookFirst: false,
    write: async () => {
      const { id, createdAt, seq, eventSeq } = await write();
      return { id, createdAt, seq, eventSeq, replayed: false };
    },
    replay: async (used) => {
      const row = await store.messageByKey(sessionId, used);
      if (row === undefined) return undefined;
      const own = row.author_type === author && row.author_id === authorId;
      if (!own) throw badField('Idempotency-Key', 'was used for a message of somebody else');
      return { id: row.id, createdAt: row.created_at, seq: row.seq, eventSeq: row.event_seq, replayed: true };
    },
  });
}
