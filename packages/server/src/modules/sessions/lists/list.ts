import type { ListPage, ListQuery } from '@molva/contract';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../platform/database.ts';
import { isGrouped, keysetOf, ordered, orderOf, pageOf, readList, windowOf } from '../../../platform/list.ts';
import {
  countedUpTo,
  narrowedSessions,
  onlySieves,
  searchedSessions,
  sessionList,
  sievesOf,
  type Narrowed,
  type SessionFilter,
} from './list-filter.ts';
import { fromRow, type SessionRow } from '../state/load.ts';
import type { HotSession } from '../state/session.ts';
import { TwoEndedSearch, type Patience } from './two-ended-search.ts';
import { messageColumns, type MessageRow } from '../state/store.ts';

/** A session of a list, with what only lists and details show. */
export interface ListedSession {
  readonly session: HotSession;
  readonly row: {
    readonly channel: string;
    readonly messenger_type: string | null;
    readonly referer: string | null;
    readonly external_id: string | null;
    readonly rating: number | null;
  };
  readonly last: MessageRow | null;
}

/** With records of sessions, which lie scattered. */
const patience: Patience = { sample: 1_000, walk: 4_000, far: 10_000, count: 40_000 };
/** With records of the table that is searched. */
const searchPatience: Patience = { sample: 1_000, walk: 20_000, far: 40_000, count: 100_000 };
/** Where each record is looked up in other tables. */
const tagPatience: Patience = { sample: 1_000, walk: 3_000, far: 15_000, count: 40_000 };

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
    view: (items: readonly ListedSession[]) => Promise<object[]>,
  ): Promise<ListPage<object>> {
    const { builder } = this.#database;
    const narrowed = narrowedSessions(builder, companyId, query);
    const sieves = sievesOf(companyId, query);
    if (sieves.length === 0 || isGrouped(query)) {
      // What a page skips is skipped in an index alone: whole rows are read of the page's own sessions only.
      const read = async (page: Narrowed) => {
        const found = await page.select('s.id').execute();
        const ids = found.map(({ id }) => id);
        return view(await this.#listed(companyId, ids));
      };
      const records = new TwoEndedSearch(builder, narrowed, sieves, patience).passing();
      return readList(query, sessionList, records, read, countedUpTo(query));
    }
    const order = orderOf(query, sessionList);
    const after = keysetOf(query, sessionList, order);
    const inOrder = (records: Narrowed): Narrowed =>
      ordered(after === undefined ? records : records.where(after), sessionList, order);
    const searched = searchedSessions(builder, companyId, query, order);
    const ofRecords = searched === undefined ? patience : searchPatience;
    const howLong = sieves.some(({ lazy }) => lazy) ? tagPatience : ofRecords;
    const twoEnded = new TwoEndedSearch(builder, searched ?? narrowed, sieves, howLong);
    return pageOf<object>(query, sessionList.fields, {
      items: async () => view(await this.#listed(companyId, await twoEnded.ids(inOrder, windowOf(query)))),
      count: () => twoEnded.count(onlySieves(query)),
    });
  }

  /** One session of the company; undefined where there is none. */
  async find(companyId: number, id: string): Promise<ListedSession | undefined> {
    const [found] = await this.#listed(companyId, [id]);
    return found;
  }

  /** The sessions with the given ids, in the order of these. */
  async #listed(companyId: number, ids: readonly string[]): Promise<ListedSession[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.builder
      .selectFrom('sessions as s')
      .innerJoin('clients as c', (join) =>
        join.onRef('c.company_id', '=', 's.company_id').onRef('c.id', '=', 's.client_id'),
      )
      .where(sql<boolean>`s.id = any(${ids}::uuid[])`)
      .where('s.company_id', '=', companyId)
      .where('s.chat_id', 'is not', null)
      .select(listedColumns)
      .execute();
    const sessions = rows.map((row) => ({ row, session: fromRow(row as unknown as SessionRow) }));
    const last = await this.#lastMessages(sessions.map(({ session }) => session));
    const listed = sessions.map(({ row, session }) => ({ row, session, last: last.get(session.id) ?? null }));
    const byId = new Map(listed.map((one) => [one.session.id, one]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** The newest message of each session, found by its `seq`; where that one was deleted, the newest that was not. */
  async #lastMessages(sessions: readonly HotSession[]): Promise<Map<string, MessageRow>> {
    if (sessions.length === 0) return new Map();
    const ids = sessions.map(({ id }) => id);
    const seqs = sessions.map(({ lastSeq }) => lastSeq);
    const found = await this.#messages(
      sql`select id, seq from unnest(${ids}::uuid[], ${seqs}::integer[]) as newest (id, seq)`,
    );
    const missing = sessions.filter(({ id, lastSeq }) => lastSeq > 0 && !found.has(id)).map(({ id }) => id);
    if (missing.length === 0) return found;
    const left = sql`select session_id, max(seq) from messages where session_id = any(${missing}::uuid[])
      and deleted_at is null group by session_id`;
    return new Map([...found, ...(await this.#messages(left))]);
  }

  /** Messages that were not deleted, by session; `places` are their sessions and their `seq`. */
  async #messages(places: RawBuilder<unknown>): Promise<Map<string, MessageRow>> {
    const rows = await this.#database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where(sql<boolean>`(session_id, seq) in (${places})`)
      .where('deleted_at', 'is', null)
      .execute();
    return new Map(rows.map((row) => [row.session_id, row as MessageRow]));
  }
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
  's.operator_type',
  's.operator_id',
  's.operator_name',
  's.operator_assigned_at',
  's.operators',
  's.started_at',
  's.closed_at',
  's.result',
  's.operator_result',
  's.hand_over',
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
  's.rating',
  'c.name as client_name',
  'c.first_name',
  'c.last_name',
  'c.banned_at',
  'c.external_id',
] as const;
