import { Session, type ListPage, type ListQuery, type operations, type QueryOf } from '@molva/contract';
import { sql, type ExpressionBuilder, type Kysely } from 'kysely';
import type { Database } from '../../platform/database.ts';
import { anywhere, column, readList, type ListSpec } from '../../platform/list.ts';
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

/** What the list of sessions can do. */
export const sessionList: ListSpec = {
  columns: {
    id: column('s.id', 'uuid'),
    name: column('s.name', 'text'),
    chatId: column('s.chat_id', 'uuid'),
    clientId: column('s.client_id', 'uuid'),
    status: column('s.status', 'text'),
    botStatus: column('s.bot_status', 'text'),
    operatorType: column('s.operator_type', 'text'),
    operatorId: column('s.operator_id', 'text'),
    markedAsSpam: column('s.marked_as_spam', 'boolean'),
    startedAt: column('s.started_at', 'instant'),
    lastMessageCreatedAt: column('s.last_message_at', 'instant'),
    operatorAssignedAt: column('s.operator_assigned_at', 'instant'),
  },
  fallback: [{ field: 'startedAt', direction: 'desc' }],
  unique: 'id',
  fields: Object.keys(Session.properties),
};
type Aliased = Tables & { s: Tables['sessions']; c: Tables['clients'] };

/** Reads of many sessions. */
export class SessionList {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of the company's sessions with the last message of each. */
  page(
    companyId: number,
    query: ListQuery & SessionFilter,
    view: (item: ListedSession) => Promise<object>,
  ): Promise<ListPage<object>> {
    const narrowed = withClients(this.#database.builder)
      .where('s.company_id', '=', companyId)
      .where((of) => narrowedBy(of, query));
    return readList(query, sessionList, narrowed, async (page) => Promise.all((await this.#listed(page)).map(view)));
  }

  /** One session of the company; undefined where there is none. */
  async find(companyId: number, id: string): Promise<ListedSession | undefined> {
    const [found] = await this.#listed(
      withClients(this.#database.builder).where('s.company_id', '=', companyId).where('s.id', '=', id),
    );
    return found;
  }

  async #listed(records: ReturnType<typeof withClients>): Promise<ListedSession[]> {
    const rows = await records.select(listedColumns).execute();
    const sessions = rows.map((row) => ({ row, session: fromRow(row as unknown as SessionRow) }));
    const last = await this.#lastMessages(sessions.map(({ session }) => session));
    return sessions.map(({ row, session }) => ({ row, session, last: last.get(session.id) ?? null }));
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
}

function withClients(builder: Kysely<Tables>) {
  return builder
    .selectFrom('sessions as s')
    .innerJoin('clients as c', (join) =>
      join.onRef('c.company_id', '=', 's.company_id').onRef('c.id', '=', 's.client_id'),
    );
}

const listedColumns = [
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
] as const;

function narrowedBy(of: ExpressionBuilder<Aliased, 's'>, filter: SessionFilter) {
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
    ...(filter.name === undefined ? [] : [of('s.name', 'ilike', anywhere(filter.name))]),
    ...(filter.from === undefined ? [] : [of('s.started_at', '>=', instant(filter.from))]),
    ...(filter.to === undefined ? [] : [of('s.started_at', '<=', instant(filter.to))]),
  ]);
}
