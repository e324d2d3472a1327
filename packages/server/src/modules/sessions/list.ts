import type { operations, QueryOf } from '@molva/contract';
import { sql, type ExpressionBuilder } from 'kysely';
import type { Database } from '../../platform/database.ts';
import type { Order, Window } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { fromRow, type SessionRow } from './load.ts';
import type { HotSession } from './session.ts';
import { messageColumns, type MessageRow } from './store.ts';

/** What the list can be narrowed by. */
export type SessionFilter = QueryOf<typeof operations.listSessions>;

/** A session of a list, with what only lists and details show. */
export interface ListedSession {
  readonly session: HotSession;
  readonly row: {
    readonly channel: string;
    readonly messenger_type: string | null;
    readonly referer: string | null;
    readonly marked_as_spam: boolean;
    readonly external_id: string | null;
  };
  readonly last: MessageRow | null;
}

/** Columns the list can be sorted by, by their wire names. */
export const sessionSortColumns = {
  name: 's.name',
  status: 's.status',
  markedAsSpam: 's.marked_as_spam',
  startedAt: 's.started_at',
  lastMessageCreatedAt: 's.last_message_at',
  operatorAssignedAt: 's.operator_assigned_at',
} as const;
type SortColumn = (typeof sessionSortColumns)[keyof typeof sessionSortColumns];
type Aliased = Tables & { s: Tables['sessions']; c: Tables['clients'] };

/** Reads of many sessions. */
export class SessionList {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of the company's sessions with the last message of each. */
  async page(
    companyId: number,
    filter: SessionFilter,
    window: Window,
    order: readonly Order<SortColumn>[],
  ): Promise<ListedSession[]> {
    let query = this.#from()
      .where('s.company_id', '=', companyId)
      .where((of) => narrowed(of, filter));
    for (const { column, direction } of order) query = query.orderBy(column, direction);
    const rows = await query.orderBy('s.id').limit(window.limit).offset(window.offset).execute();
    const sessions = rows.map((row) => ({ row, session: fromRow(row as unknown as SessionRow) }));
    const last = await this.#lastMessages(sessions.map(({ session }) => session));
    return sessions.map(({ row, session }) => ({ row, session, last: last.get(session.id) ?? null }));
  }

  async count(companyId: number, filter: SessionFilter): Promise<number> {
    const row = await this.#database.builder
      .selectFrom('sessions as s')
      .where('s.company_id', '=', companyId)
      .where((of) => narrowed(of as unknown as ExpressionBuilder<Aliased, 's'>, filter))
      .select((of) => of.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /** The newest message of each session, found by its `seq`. */
  async #lastMessages(sessions: readonly HotSession[]): Promise<Map<string, MessageRow>> {
    if (sessions.length === 0) return new Map();
    const pairs = sessions.map((session) => sql`(${session.id}::uuid, ${session.lastSeq}::integer)`);
    const rows = await this.#database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where(sql<boolean>`(session_id, seq) in (${sql.join(pairs)})`)
      .execute();
    return new Map(rows.map((row) => [row.session_id, row as MessageRow]));
  }

  #from() {
    return this.#database.builder
      .selectFrom('sessions as s')
      .innerJoin('clients as c', (join) =>
        join.onRef('c.company_id', '=', 's.company_id').onRef('c.id', '=', 's.client_id'),
      )
      .select([
        's.id',
        's.company_id',
        's.chat_id',
        's.client_id',
        's.name',
        's.ttl',
        's.status',
        's.bot_status',
        's.bot_id',
        's.bot_state',
        's.operator_type',
        's.operator_id',
        's.operator_name',
        's.operator_assigned_at',
        's.operators',
        's.started_at',
        's.closed_at',
        's.result',
        's.options',
        's.version',
        's.last_seq',
        's.last_event_seq',
        's.unread',
        's.last_message_at',
        's.client_online_at',
        's.client_offline_at',
        's.last_operator_message_at',
        's.first_client_message_after_at',
        's.channel',
        's.messenger_type',
        's.referer',
        's.marked_as_spam',
        'c.name as client_name',
        'c.first_name',
        'c.last_name',
        'c.banned_at',
        'c.external_id',
      ]);
  }
}

function narrowed(of: ExpressionBuilder<Aliased, 's'>, filter: SessionFilter) {
  const instant = (text: string) => sql<number>`${text}::timestamptz`;
  const equal = [
    ['s.id', filter.sessionId],
    ['s.chat_id', filter.chatId],
    ['s.client_id', filter.clientId],
    ['s.status', filter.status],
    ['s.bot_status', filter.botStatus],
    ['s.operator_type', filter.operatorType],
    ['s.operator_id', filter.operatorId],
    ['s.marked_as_spam', filter.markedAsSpam],
  ] as const;
  return of.and([
    ...equal.flatMap(([column, value]) => (value === undefined ? [] : [of(column, '=', value)])),
    ...(filter.name === undefined
      ? []
      : [of('s.name', 'ilike', `%${filter.name.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)]),
    ...(filter.from === undefined ? [] : [of('s.started_at', '>=', instant(filter.from))]),
    ...(filter.to === undefined ? [] : [of('s.started_at', '<=', instant(filter.to))]),
  ]);
}
