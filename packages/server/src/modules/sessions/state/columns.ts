import type { BotStatus, OperatorType, SessionStatus } from '@molva/contract';
import { clientName, type ClientNames } from './client-name.ts';
import {
  boolean,
  column,
  instant,
  integer,
  joined,
  json,
  listed,
  maybe,
  oneOf,
  text,
  uuid,
  type Columns,
  type Kind,
} from './column.ts';
import { storedWireDate } from '../../../platform/instant.ts';
import { searchText } from './search.ts';
import {
  botOf,
  dataMoved,
  floorMoved,
  floorOf,
  priorityOf,
  storedBot,
  storedData,
  storedFloor,
  waitsIn,
  waitsSince,
} from './floor-columns.ts';
import { shownHandOver, type HandOver } from './floor-view.ts';
import type { Floor } from './floor.ts';
import { shownProof, type SessionProof } from './session-proof.ts';
import type { BotMemory, HotSession, SessionOperator, SessionOptions } from './session.ts';

/**
 * The fields of a session that are columns of its row. Whatever reads, writes, lists or shows sessions derives from
 * here: a new field is an entry and a migration. Lists name the sortable ones in this order.
 */
export const storedColumns = {
  id: column('id', uuid, { wire: 'id', sort: true, fixed: true }),
  companyId: column('company_id', integer, { fixed: true }),
  name: column('name', text, { wire: 'name', sort: true }),
  /** Null for a dialog of the bot API. */
  chatId: column('chat_id', maybe(uuid), {
    wire: 'chatId',
    show: (id) => id ?? '',
    filter: true,
    sort: true,
    fixed: true,
  }),
  clientId: column('client_id', uuid, { wire: 'clientId', filter: true, sort: true, fixed: true }),
  /** Whom it was begun for by a proof: what was begun before a proof is not what is begun after. */
  verified: column('verified', json<SessionProof | null>('json'), {
    wire: 'verified',
    show: shownProof,
    fixed: true,
    born: null,
  }),
  status: column('status', oneOf<SessionStatus>(), { wire: 'status', filter: true, sort: true, born: 'ACTIVE' }),
  botStatus: column('bot_status', oneOf<BotStatus>(), { wire: 'botStatus', filter: true, sort: true, born: 'WAIT' }),
  operatorType: column('operator_type', oneOf<OperatorType>(), {
    wire: 'operatorType',
    filter: true,
    sort: true,
    born: 'BOT',
  }),
  operatorId: column('operator_id', text, { wire: 'operatorId', filter: true, sort: true }),
  operatorName: column('operator_name', text, { wire: 'operatorName' }),
  operators: column('operators', json<readonly SessionOperator[]>('jsonb'), {
    wire: 'operators',
    show: (operators) => operators.map((member) => ({ ...member, assigned_at: storedWireDate(member.assigned_at) })),
  }),
  markedAsSpam: column('marked_as_spam', boolean, { wire: 'markedAsSpam', filter: true, sort: true, born: false }),
  startedAt: column('started_at', instant, { wire: 'startedAt', sort: true, fixed: true }),
  lastMessageAt: column('last_message_at', maybe(instant), { wire: 'lastMessageCreatedAt', sort: true, born: null }),
  operatorAssignedAt: column('operator_assigned_at', maybe(instant), { wire: 'operatorAssignedAt', sort: true }),
  closedAt: column('closed_at', maybe(instant), { wire: 'closedAt', born: null }),
  /** Grows by one with every step, by the statement of the step itself. */
  version: column('version', integer, { fixed: true, born: 1 }),
  /** Seconds. */
  ttl: column('ttl', integer, { wire: 'ttl', born: 0 }),
  botId: column('bot_id', uuid, {}),
  /** Who answers. Read from what the row keeps of it and the documented columns, which are its view; before the bot is. */
  floor: column('floor', json<Floor>('json'), { derived: true, read: floorOf }),
  bot: column('bot_state', json<BotMemory | null>('json'), {
    unlisted: true,
    derived: true,
    read: botOf,
    select: `json_build_object('stands', s.bot_state, 'data', s.bot_data)`,
  }),
  /** What the bot noted, as JSON text. */
  result: column('result', maybe(text), { born: null }),
  /** The result an operator closed it with. */
  operatorResult: column('operator_result', maybe(text), { wire: 'operatorResult', born: null }),
  handOver: column('hand_over', json<HandOver | null>('json'), {
    wire: 'handOver',
    show: (wish) => wish && shownHandOver(wish),
    born: null,
  }),
  options: column('options', json<SessionOptions>('jsonb'), {}),
  rating: column('rating', maybe(integer), { wire: 'rating', born: null }),
  ratingComment: column('rating_comment', maybe(text), { unlisted: true, born: null }),
  /** When it was rated first. */
  ratedAt: column('rated_at', maybe(instant), { unlisted: true, born: null }),
  /** Grows when its tokens are revoked. */
  tokenEpoch: column('token_epoch', integer, { unlisted: true, born: 0 }),
  lastSeq: column('last_seq', integer, { born: 0 }),
  lastEventSeq: column('last_event_seq', integer, { born: 0 }),
  unread: column('unread', integer, { wire: 'unreadClientMessageCount', born: 0 }),
  clientOnlineAt: column('client_online_at', maybe(instant), { wire: 'clientOnlineAt', born: null }),
  clientOfflineAt: column('client_offline_at', maybe(instant), { wire: 'clientOfflineAt', born: null }),
  /** The fence of the process that has the client on a live connection; null where it is away. */
  onlineOn: column('online_on', maybe(integer), { born: null }),
  lastOperatorMessageAt: column('last_operator_message_at', maybe(instant), {
    wire: 'lastOperatorMessage',
    show: (at) => (at === null ? '' : instant.show(at)),
    born: null,
  }),
  firstClientMessageAfterAt: column('first_client_message_after_at', maybe(instant), {
    wire: 'firstClientMessageAfterLastOperatorMessage',
    show: (at) => (at === null ? '' : instant.show(at)),
    born: null,
  }),
} satisfies Columns;

/** What a session knows of its client. */
export const clientColumns = {
  clientName: joined('array[c.name, c.first_name, c.last_name]', text, {
    read: (row) => clientName(row['clientName'] as ClientNames, row['options'] as SessionOptions),
  }),
  clientBanned: joined('c.banned_at is not null', boolean, { wire: 'clientBanned' }),
} satisfies Columns;

/** Where a session came from: written when it begins and shown by lists; no step knows it. */
export const originColumns = {
  channel: column('channel', text, { wire: 'channel' }),
  messengerType: column('messenger_type', maybe(text), { wire: 'messengerType' }),
  referer: column('referer', maybe(text), { wire: 'referer' }),
} satisfies Columns;

/** What lists show beside all this, and somebody else writes. */
export const foreignColumns = {
  clientExternalId: joined('c.external_id', maybe(text), { wire: 'clientExternalId' }),
} satisfies Columns;

/** What lists read, and show, sort and filter by. */
export const listedColumns = { ...listed(storedColumns), ...clientColumns, ...originColumns, ...foreignColumns };

/** A column that follows from fields: SQL alone reads it. */
export interface DerivedColumn {
  readonly name: string;
  readonly type: Kind<unknown>['type'];
  /** The fields it follows from: where none of them changed, it is not looked at. */
  readonly from: readonly (keyof HotSession)[];
  readonly write: (session: HotSession) => string | number | boolean | null;
  /** Whether it is to be written, where its fields changed and comparing what it holds is dear. */
  readonly moved?: (before: HotSession, after: HotSession) => boolean;
}

/** Written where what they hold changed, and not with each change of what they follow from. */
export const derivedColumns: readonly DerivedColumn[] = [
  { name: 'search', type: 'text', from: ['name', 'options'], write: searchText },
  // A turn nearly always changes it.
  { name: 'bot_state', type: 'json', from: ['bot', 'floor'], write: storedBot, moved: () => true },
  // It can be large, and few turns change it.
  { name: 'bot_data', type: 'json', from: ['bot', 'floor'], write: storedData, moved: dataMoved },
  { name: 'floor', type: 'json', from: ['floor'], write: storedFloor, moved: floorMoved },
  { name: 'waits_since', type: 'timestamptz', from: ['floor'], write: waitsSince },
  { name: 'waits_in', type: 'uuid', from: ['floor'], write: waitsIn },
  { name: 'priority', type: 'integer', from: ['floor'], write: priorityOf },
  // A later session of the client makes it false.
  { name: 'newest', type: 'boolean', from: [], write: ({ chatId }) => chatId !== null },
];
