import { Message, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type ExpressionBuilder, type SelectQueryBuilder } from 'kysely';
import type { Database } from '../../../platform/database.ts';
import { column, readList, type ListSpec } from '../../../platform/list.ts';
import type { Tables } from '../../../platform/tables.ts';
import { messageColumns, type MessageRow } from '../state/message-row.ts';

/** What a list of messages can be narrowed by. `before` is a `seq`, not included. */
export interface MessageFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly before?: number | undefined;
}

/** What the lists of messages can do. */
export const messageList: ListSpec = {
  columns: {
    id: column('messages.id', 'uuid'),
    seq: column('messages.seq', 'integer'),
    sessionId: column('messages.session_id', 'uuid'),
    authorType: column('messages.author_type', 'text'),
    createdAt: column('messages.created_at', 'instant'),
    readAt: column('messages.read_at', 'instant', true),
  },
  fallback: [{ field: 'seq', direction: 'asc' }],
  ties: ['seq', 'id'],
  fields: Object.keys(Message.properties),
  bytes: sql`octet_length(messages.body) + coalesce(octet_length(messages.extras::text), 0)
    + coalesce(octet_length(messages.event_extras::text), 0)`,
};

type MessageView = (row: MessageRow, answered: ReadonlyMap<string, MessageRow>) => object;

/** Reads of messages. */
export class MessageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of a session's messages. */
  ofSession(sessionId: string, query: ListQuery & MessageFilter, view: MessageView): Promise<ListPage<object>> {
    // Paging back through the history wants the newest first; the documented list is in the order of writing.
    const spec: ListSpec =
      query.before === undefined ? messageList : { ...messageList, fallback: [{ field: 'seq', direction: 'desc' }] };
    const narrowed = this.#narrowed(this.#database, query).where('session_id', '=', sessionId);
    return readList(query, spec, narrowed, (page) => this.#views(page, view));
  }

  /** A page of the messages of all of a client's sessions. */
  ofClient(
    companyId: number,
    clientId: string,
    query: ListQuery & MessageFilter,
    view: MessageView,
  ): Promise<ListPage<object>> {
    const narrowed = this.#narrowed(this.#database.lists, query).where(
      sql<boolean>`session_id in (select id from sessions where company_id = ${companyId} and client_id = ${clientId}::uuid
        and chat_id is not null)`,
    );
    const spec: ListSpec = { ...messageList, fallback: [{ field: 'createdAt', direction: 'asc' }] };
    return readList(query, spec, narrowed, (page) => this.#views(page, view));
  }

  /** Whether the company has the client. */
  async knowsClient(companyId: number, clientId: string): Promise<boolean> {
    const found = await this.#database.builder
      .selectFrom('clients')
      .select('id')
      .where('company_id', '=', companyId)
      .where('id', '=', clientId)
      .executeTakeFirst();
    return found !== undefined;
  }

  #narrowed({ builder }: Database['lists'], query: MessageFilter) {
    return builder
      .selectFrom('messages')
      .where('deleted_at', 'is', null)
      .where((of) => narrowedBy(of, query));
  }

  async #views(page: SelectQueryBuilder<Tables, 'messages', object>, view: MessageView): Promise<object[]> {
    const rows = (await page.select(messageColumns).execute()) as MessageRow[];
    const answered = await this.answeredBy(rows);
    return rows.map((row) => view(row, answered));
  }

  /** The messages that the given ones reply to, by id. */
  async answeredBy(rows: readonly MessageRow[]): Promise<Map<string, MessageRow>> {
    const ids = [...new Set(rows.flatMap((row) => row.reply_to ?? []))];
    if (ids.length === 0) return new Map();
    const found = await this.#database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where('id', 'in', ids)
      .where('deleted_at', 'is', null)
      .execute();
    return new Map(found.map((row) => [row.id, row as MessageRow]));
  }
}

function narrowedBy(of: ExpressionBuilder<Tables, 'messages'>, filter: MessageFilter) {
  const instant = (text: string) => sql<number>`${text}::timestamptz`;
  return of.and([
    ...(filter.before === undefined ? [] : [of('seq', '<', filter.before)]),
    ...(filter.from === undefined ? [] : [of('created_at', '>=', instant(filter.from))]),
    ...(filter.to === undefined ? [] : [of('created_at', '<=', instant(filter.to))]),
  ]);
}
