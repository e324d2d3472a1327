import type { NotifyEventName } from '@molva/contract';
import type { Prepared, Queryable } from '../../../platform/database.ts';
import type { BotPosition, HandOver, HotSession, SessionOperator, SessionOptions } from './session.ts';

const find: Prepared = {
  name: 'session_load',
  text: `select s.id, s.company_id, s.chat_id, s.client_id, s.name, s.ttl, s.status, s.bot_status, s.bot_id, s.bot_state,
      s.operator_type, s.operator_id, s.operator_name, s.operator_assigned_at, s.operators, s.started_at, s.closed_at, s.result,
      s.options, s.version, s.operator_result, s.marked_as_spam, s.hand_over, s.last_seq, s.last_event_seq, s.unread, s.last_message_at, s.client_online_at, s.client_offline_at,
      s.last_operator_message_at, s.first_client_message_after_at,
      c.name as client_name, c.first_name, c.last_name, c.banned_at
    from sessions s join clients c on c.company_id = s.company_id and c.id = s.client_id
    where s.id = $1`,
};

/** A row of the join of a session and its client. */
export interface SessionRow {
  id: string;
  company_id: number;
  chat_id: string | null;
  client_id: string;
  name: string;
  ttl: number;
  status: HotSession['status'];
  bot_status: HotSession['botStatus'];
  bot_id: string;
  /** Lists do not read it: it can be large. */
  bot_state?: BotPosition | null;
  operator_type: HotSession['operatorType'];
  operator_id: string;
  operator_name: string;
  operator_assigned_at: number | null;
  operators: SessionOperator[];
  started_at: number;
  closed_at: number | null;
  result: string | null;
  operator_result: string | null;
  marked_as_spam: boolean;
  hand_over: HandOver | null;
  options: SessionOptions & { notifyOnEvents?: NotifyEventName[] };
  version: number;
  last_seq: number;
  last_event_seq: number;
  unread: number;
  last_message_at: number | null;
  client_online_at: number | null;
  client_offline_at: number | null;
  last_operator_message_at: number | null;
  first_client_message_after_at: number | null;
  client_name: string | null;
  first_name: string | null;
  last_name: string | null;
  banned_at: number | null;
}

/** Reads a session as the code works on it; undefined where there is none. */
export async function loadSession(database: Queryable, id: string): Promise<HotSession | undefined> {
  const [row] = await database.query<SessionRow & Record<string, unknown>>(find, [id]);
  return row && fromRow(row);
}

/** A row as the code works on it. */
export function fromRow(row: SessionRow): HotSession {
  return {
    id: row.id,
    companyId: row.company_id,
    chatId: row.chat_id,
    clientId: row.client_id,
    clientName: clientName(row),
    clientBanned: row.banned_at !== null,
    name: row.name,
    startedAt: row.started_at,
    version: row.version,
    ttl: row.ttl,
    status: row.status,
    botStatus: row.bot_status,
    botId: row.bot_id,
    bot: row.bot_state ?? null,
    operatorType: row.operator_type,
    operatorId: row.operator_id,
    operatorName: row.operator_name,
    operatorAssignedAt: row.operator_assigned_at,
    operators: row.operators,
    closedAt: row.closed_at,
    result: row.result,
    operatorResult: row.operator_result,
    markedAsSpam: row.marked_as_spam,
    handOver: row.hand_over,
    options: row.options,
    lastSeq: row.last_seq,
    lastEventSeq: row.last_event_seq,
    unread: row.unread,
    lastMessageAt: row.last_message_at,
    clientOnlineAt: row.client_online_at,
    clientOfflineAt: row.client_offline_at,
    lastOperatorMessageAt: row.last_operator_message_at,
    firstClientMessageAfterAt: row.first_client_message_after_at,
  };
}

/** The name others see for a client: the one chosen for operators, else its own, else what it is made of. */
export function clientName(row: {
  options?: SessionOptions;
  client_name: string | null;
  first_name: string | null;
  last_name: string | null;
}): string {
  const parts = [row.first_name, row.last_name].filter((part) => part !== null && part !== '');
  return row.options?.clientNameForOperator ?? row.client_name ?? parts.join(' ');
}
