import { EventName, wireDate, type ChatMessageCreated, type EventPayloads } from '@molva/contract';
import type { CommittedEvent } from '../../../platform/announcer.ts';
import type { PlacedMessage } from './draft.ts';
import { unpackedEventExtras, unpackedExtras } from './message-extras.ts';
import type { MessageRow } from './message-row.ts';

/** An event with its number, as it is told, and the text of that. */
export interface TextedEvent<N extends EventName> extends CommittedEvent {
  readonly event: N;
  readonly payload: EventPayloads[N];
}

/** Puts an event into the text that is stored, sent and read alike. */
export function textedEvent<N extends EventName>(
  event: N,
  eventSeq: number,
  told: Omit<EventPayloads[N], 'eventSeq'>,
  audience: string | null,
): TextedEvent<N> {
  const payload = { ...told, eventSeq } as EventPayloads[N];
  return { eventSeq, event, audience, data: JSON.stringify(payload), payload };
}

/**
 * The event of a message. The log does not keep it beside the message: it is made from the message whenever it is read,
 * and comes to the same bytes as when it was said.
 */
export function createdEvent(
  sessionId: string,
  message: PlacedMessage,
): TextedEvent<typeof EventName.chatMessageCreated> {
  const audience = message.authorType === 'CLIENT' ? 'client' : null;
  return textedEvent(EventName.chatMessageCreated, message.eventSeq, told(sessionId, message), audience);
}

/** A message of the database as it was when it was said, where it was not edited since. */
export function saidMessage(row: Omit<MessageRow, 'session_id'>): PlacedMessage {
  return {
    ...unpackedExtras(row.extras),
    ...unpackedEventExtras(row.event_extras),
    id: row.id,
    authorType: row.author_type,
    authorId: row.author_id,
    authorName: row.author_name,
    body: row.body,
    type: row.type,
    clientMessageId: row.client_message_id ?? undefined,
    seq: row.seq,
    eventSeq: row.event_seq,
    createdAt: row.created_at,
  };
}

function told(sessionId: string, message: PlacedMessage): Omit<ChatMessageCreated, 'eventSeq'> {
  return {
    id: message.id,
    authorType: message.authorType,
    body: message.body,
    answers: message.answers === undefined ? [] : [...message.answers],
    ...(message.keyboard ? { keyboard: message.keyboard } : {}),
    createdAt: wireDate(message.createdAt),
    sessionId,
    attachments: message.attachments === undefined ? [] : [...message.attachments],
    actions: message.actions === undefined ? [] : [...message.actions],
    ...(message.avatar === undefined ? {} : { avatar: message.avatar }),
    authorId: message.authorId,
    authorName: message.authorName,
    type: message.type ?? 'REGULAR',
    ...(message.replyTo === undefined ? {} : { replyId: message.replyTo.id, replyToMessage: message.replyTo }),
    ...(message.clientMessageId === undefined ? {} : { clientMessageId: message.clientMessageId }),
    seq: message.seq,
  };
}
