import { sql, type ExpressionBuilder } from 'kysely';
import type { Database } from '../../platform/database.ts';
import type { Order, Window } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { messageColumns, type MessageRow } from '../sessions/index.ts';

/** What a list of messages can be narrowed by. `before` is a `seq`, not included. */
export interface MessageFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly before?: number | undefined;
}

/** Columns the list can be sorted by, by their wire names. */
export const messageSortColumns = { createdAt: 'created_at', readAt: 'read_at', seq: 'seq' } as const;
type SortColumn = (typeof messageSortColumns)[keyof typeof messageSortColumns];

/** Reads of messages. */
export class MessageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of a session's messages. */
  async page(
    sessionId: string,
    filter: MessageFilter,
    window: Window,
    order: readonly Order<SortColumn>[],
  ): Promise<MessageRow[]> {
    let query = this.#database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where('session_id', '=', sessionId)
      .where((of) => narrowed(of, filter));
    for (const { column, direction } of order) query = query.orderBy(column, direction);
    return (await query.limit(window.limit).offset(window.offset).execute()) as MessageRow[];
  }

  /** How many messages of a session the filter leaves. */
  async count(sessionId: string, filter: MessageFilter): Promise<number> {
    const row = await this.#database.builder
      .selectFrom('messages')
      .where('session_id', '=', sessionId)
      .where((of) => narrowed(of, filter))
      .select((of) => of.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /** The messages that the given ones reply to, by id. */
  async answeredBy(rows: readonly MessageRow[]): Promise<Map<string, MessageRow>> {
    const ids = [...new Set(rows.flatMap((row) => row.reply_to ?? []))];
    if (ids.length === 0) return new Map();
    const found = await this.#database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where('id', 'in', ids)
      .execute();
    return new Map(found.map((row) => [row.id, row as MessageRow]));
  }
}

function narrowed(of: ExpressionBuilder<Tables, 'messages'>, filter: MessageFilter) {
  const instant = (text: string) => sql<number>`${text}::timestamptz`;
  return of.and([
    ...(filter.before === undefined ? [] : [of('seq', '<', filter.before)]),
    ...(filter.from === undefined ? [] : [of('created_at', '>=', instant(filter.from))]),
    ...(filter.to === undefined ? [] : [of('created_at', '<=', instant(filter.to))]),
  ]);
}
