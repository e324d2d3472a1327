import { wireDate, type Message } from '@molva/contract';
import { unpackedExtras } from '../state/message-extras.ts';
import type { MessageRow } from '../state/message-row.ts';
import { wireDateOrNull } from '../../../platform/instant.ts';

/** A message in a list; `answered` are the messages that others reply to, by id. */
export function messageView(row: MessageRow, answered: ReadonlyMap<string, MessageRow>): Message {
  const source = row.reply_to === null ? undefined : answered.get(row.reply_to);
  return {
    ...plain(row),
    sessionId: row.session_id,
    seq: row.seq,
    authorId: row.author_id,
    replyTo: source === undefined ? null : replyTo(source),
    ...(row.client_message_id === null ? {} : { clientMessageId: row.client_message_id }),
    readAt: wireDateOrNull(row.read_at),
    updatedAt: wireDateOrNull(row.updated_at),
  };
}

function replyTo(row: MessageRow): NonNullable<Message['replyTo']> {
  const of = (type: MessageRow['author_type']): string | null => (row.author_type === type ? row.author_id : null);
  return { ...plain(row), sessionId: row.session_id, userId: of('OPERATOR'), botId: of('BOT'), clientId: of('CLIENT') };
}

function plain(row: MessageRow) {
  return {
    id: row.id,
    authorType: row.author_type,
    authorName: row.author_name,
    type: row.type,
    body: row.body,
    ...unpackedExtras(row.extras),
    createdAt: wireDate(row.created_at),
  };
}
