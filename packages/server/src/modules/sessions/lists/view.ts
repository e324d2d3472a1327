import { wireDate, type Session, type SessionForHolder } from '@molva/contract';
import type { ChatRecord } from '../../chats/index.ts';
import { unpackedExtras } from '../state/message-extras.ts';
import type { GroupRecord } from '../state/operator-port.ts';
import type { HotSession } from '../state/session.ts';
import type { MessageRow } from '../state/store.ts';
import type { ListedSession } from './list.ts';

/** What others know of a session: its chat, the group it was handed to, its tags. */
export interface Surroundings {
  readonly chat: Pick<ChatRecord, 'settings'>;
  readonly group: GroupRecord | undefined;
  readonly tags: readonly string[];
}

/** A session as a user of its company sees it. The timers of its group win over those of its chat. */
export function sessionView({ session, row, last }: ListedSession, { chat, group, tags }: Surroundings): Session {
  return {
    id: session.id,
    chatId: session.chatId ?? '',
    clientId: session.clientId,
    name: session.name,
    markedAsSpam: session.markedAsSpam,
    ttl: session.ttl,
    operatorId: session.operatorId,
    operatorName: session.operatorName,
    operatorType: session.operatorType,
    operatorAssignedAt: maybeDate(session.operatorAssignedAt),
    operators: [...session.operators],
    channel: row.channel,
    messengerType: row.messenger_type,
    botStatus: session.botStatus,
    status: session.status,
    startedAt: wireDate(session.startedAt),
    closedAt: maybeDate(session.closedAt),
    clientOnlineAt: maybeDate(session.clientOnlineAt),
    clientOfflineAt: maybeDate(session.clientOfflineAt),
    unreadClientMessageCount: session.unread,
    lastMessageCreatedAt: maybeDate(session.lastMessageAt),
    lastMessage: last === null ? null : lastMessage(last),
    clientExternalId: row.external_id,
    clientBanned: session.clientBanned,
    referer: row.referer,
    tags: tags.join(','),
    timerFirstAnswer: group?.timerFirstAnswer || chat.settings.timerFirstAnswer,
    timerNextAnswers: group?.timerNextAnswers || chat.settings.timerNextAnswers,
    lastOperatorMessage: maybeDate(session.lastOperatorMessageAt) ?? '',
    firstClientMessageAfterLastOperatorMessage: maybeDate(session.firstClientMessageAfterAt) ?? '',
    handOver: session.handOver,
    operatorResult: session.operatorResult,
    rating: row.rating,
  };
}

/** A session as its holder sees it. */
export function holderView(session: HotSession): SessionForHolder {
  return {
    id: session.id,
    chatId: session.chatId ?? '',
    clientId: session.clientId,
    name: session.name,
    ttl: session.ttl,
    operatorName: session.operatorName,
    operatorType: session.operatorType,
    status: session.status,
    startedAt: wireDate(session.startedAt),
    closedAt: maybeDate(session.closedAt),
    lastMessageCreatedAt: maybeDate(session.lastMessageAt),
  };
}

function lastMessage(row: MessageRow): NonNullable<Session['lastMessage']> {
  return {
    id: row.id,
    authorId: row.author_id,
    authorType: row.author_type,
    authorName: row.author_name,
    type: row.type,
    body: row.body,
    attachments: unpackedExtras(row.extras).attachments.map((file) => ({
      id: file.id,
      name: file.name,
      contentType: file.contentType,
      size: file.size,
      private: file.isPrivate,
      url: file.url ?? null,
    })),
    createdAt: wireDate(row.created_at),
    readAt: maybeDate(row.read_at),
  };
}

function maybeDate(milliseconds: number | null): string | null {
  return milliseconds === null ? null : wireDate(milliseconds);
}
