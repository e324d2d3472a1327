import { wireDate, type Assignment, type SessionForHolder, type SessionListItem } from '@molva/contract';
import type { ChatRecord } from '../../chats/index.ts';
import { shownBy } from '../state/column.ts';
import { listedColumns, storedColumns } from '../state/columns.ts';
import type { Floor } from '../state/floor.ts';
import { unpackedExtras } from '../state/message-extras.ts';
import type { GroupRecord } from '../state/operator-port.ts';
import type { HotSession } from '../state/session.ts';
import type { MessageRow } from '../state/message-row.ts';
import type { ListedSession } from './list.ts';
import { wireDateOrNull } from '../../../platform/instant.ts';

/** What others know of a session: its chat, the group it was handed to, its tags. */
export interface Surroundings {
  readonly chat: Pick<ChatRecord, 'settings'>;
  readonly group: GroupRecord | undefined;
  readonly tags: readonly string[];
}

const show = shownBy(listedColumns);

/** A session as a user of its company sees it. The timers of its group win over those of its chat. */
export function sessionView({ session, last }: ListedSession, { chat, group, tags }: Surroundings): SessionListItem {
  return {
    ...show(session),
    ...(isBackWithinTheSecond(session) ? { clientOfflineAt: null } : {}),
    assignment: assignmentOf(session.floor),
    closeReason: session.floor.at === 'closed' ? session.floor.by : null,
    lastMessage: last === null ? null : lastMessage(last),
    tags: tags.join(','),
    timerFirstAnswer: group?.timerFirstAnswer || chat.settings.timerFirstAnswer,
    timerNextAnswers: group?.timerNextAnswers || chat.settings.timerNextAnswers,
  };
}

/** Instants go out in whole seconds: whoever comes back in the one that he left in would look as if he were away. */
function isBackWithinTheSecond({ clientOnlineAt, clientOfflineAt, onlineOn }: ListedSession['session']): boolean {
  if (onlineOn === null || clientOnlineAt === null || clientOfflineAt === null) return false;
  return Math.floor(clientOfflineAt / 1000) >= Math.floor(clientOnlineAt / 1000);
}

function assignmentOf(floor: Floor): Assignment | null {
  if (floor.at !== 'person') return null;
  const { by, why } = floor;
  return { by, why: why && { ...why, waited: Math.round(why.waited / 1000), skipped: { ...why.skipped } } };
}

const { id, chatId, clientId, name, ttl, operatorName, operatorType, status } = storedColumns;
const { startedAt, closedAt, lastMessageAt } = storedColumns;

/** A session as its holder sees it. */
export const holderView: (session: HotSession) => SessionForHolder = shownBy({
  id,
  chatId,
  clientId,
  name,
  ttl,
  operatorName,
  operatorType,
  status,
  startedAt,
  closedAt,
  lastMessageAt,
});

function lastMessage(row: MessageRow): NonNullable<SessionListItem['lastMessage']> {
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
    readAt: wireDateOrNull(row.read_at),
  };
}
