import {
  wireDate,
  type Action,
  type Attachment,
  type Keyboard,
  type Session,
  type SessionForHolder,
  type StartedMessage,
} from '@molva/contract';
import type { ChatRecord } from '../chats/index.ts';
import type { PlacedMessage } from './draft.ts';
import type { GroupRecord } from './operator-port.ts';
import type { HotSession } from './session.ts';
import type { ListedSession } from './list.ts';
import type { MessageRow } from './store.ts';

/** What most messages do not have, unpacked. */
export function unpackExtras(extras: Record<string, unknown> | null): {
  answers: string[];
  keyboard: Keyboard | null;
  attachments: Attachment[];
  actions: Action[];
} {
  const {
    answers = [],
    keyboard = null,
    attachments = [],
    actions = [],
  } = (extras ?? {}) as {
    answers?: string[];
    keyboard?: Keyboard | null;
    attachments?: Attachment[];
    actions?: Action[];
  };
  return { answers, keyboard, attachments, actions };
}

/** A bot's message, just written, in the answer of a start. */
export function startedMessage(message: PlacedMessage): StartedMessage {
  const actionList = [...(message.actions ?? [])];
  return {
    id: message.id,
    authorId: message.authorId,
    authorType: message.authorType,
    body: message.body,
    actions: actionMap(actionList),
    actionList,
    answers: [...(message.answers ?? [])],
    keyboard: message.keyboard ?? null,
    attachments: [...(message.attachments ?? [])],
    type: message.type ?? 'REGULAR',
    seq: message.seq,
    createdAt: wireDate(message.createdAt),
  };
}

/** A bot's message, read back, in the answer of a start. */
export function startedRow(row: MessageRow): StartedMessage {
  const { answers, keyboard, attachments, actions } = unpackExtras(row.extras);
  return {
    id: row.id,
    authorId: row.author_id,
    authorType: row.author_type,
    body: row.body,
    actions: actionMap(actions),
    actionList: actions,
    answers,
    keyboard,
    attachments,
    type: row.type,
    seq: row.seq,
    createdAt: wireDate(row.created_at),
  };
}

/** Actions as the start's answer has them: `[]`, or a map of event to data. */
function actionMap(actions: readonly Action[]): StartedMessage['actions'] {
  if (actions.length === 0) return [];
  const map: Record<string, string> = {};
  for (const { event, type, data = '' } of actions) {
    const name = event ?? type;
    // PHP makes an integer of such a key, and strict clients then drop the whole answer; the list beside has it.
    if (/^-?\d+$/.test(name)) continue;
    const taken = Object.keys(map).filter((key) => key === name || key.startsWith(`${name}_`)).length;
    map[taken === 0 ? name : `${name}_${taken + 1}`] = data;
  }
  return Object.keys(map).length === 0 ? [] : map;
}

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
    attachments: unpackExtras(row.extras).attachments.map((file) => ({
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
