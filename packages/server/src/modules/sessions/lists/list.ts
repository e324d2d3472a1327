import type { ListPage, ListQuery } from '@molva/contract';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../platform/database.ts';
import { isGrouped, type Found, type Order, orderOf, pageOf, readList } from '../../../platform/list.ts';
import { MOST_SHARING, ordered, tooManySharing, windowOf } from '../../../platform/list-window.ts';
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
import { columnOf, goesOnByValue, keysetOf, upToShown } from '../../../platform/list-keyset.ts';
import { PageRoom } from '../../../platform/page-room.ts';
import type { Values } from '../state/column.ts';
import { listedColumns } from '../state/columns.ts';
import { readerOf, selectSessions } from '../state/load.ts';
import type { HotSession } from '../state/session.ts';
import { TwoEndedSearch, type Patience } from './two-ended-search.ts';
import { messageColumns, type MessageRow } from '../state/message-row.ts';

/** A session of a list, with what only lists and details show. */
export interface ListedSession {
  readonly session: Values<typeof listedColumns>;
  readonly last: MessageRow | null;
}

const fromRow = readerOf(listedColumns);
/** Sessions of a company's chats by their ids. */
const selectListed = {
  text: `${selectSessions(listedColumns)}
    where s.id = any($1::uuid[]) and s.company_id = $2 and s.chat_id is not null`,
};

/** With records of sessions, which lie scattered. */
const patience: Patience = { sample: 1_000, walk: 4_000, far: 10_000, count: 40_000 };
/** With records of the table that is searched. */
const searchPatience: Patience = { sample: 1_000, walk: 20_000, far: 40_000, count: 100_000 };
/** Where each record is looked up in other tables. */
const tagPatience: Patience = { sample: 1_000, walk: 3_000, far: 15_000, count: 40_000 };

/** Sessions that are read at a time, until a page is full. */
const AT_A_TIME = 100;

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
    const { builder } = this.#database.lists;
    const narrowed = narrowedSessions(builder, companyId, query);
    const sieves = sievesOf(companyId, query);
    if (sieves.length === 0 || isGrouped(query)) {
      // What a page skips is skipped in an index alone: whole rows are read of the page's own sessions only.
      const read = async (page: Narrowed) => {
        const found = await page.select('s.id').execute();
        const ids = found.map(({ id }) => id);
        return this.#viewed(companyId, ids, view);
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
      items: async () => this.#viewed(companyId, await this.#sieved(query, order, twoEnded, inOrder), view),
      count: () => twoEnded.count(onlySieves(query)),
    });
  }

  /** The ids of a page; one that goes on by a value ends where one does. */
  async #sieved(
    query: ListQuery,
    order: readonly Order[],
    search: TwoEndedSearch,
    inOrder: (records: Narrowed) => Narrowed,
  ): Promise<string[]> {
    const window = windowOf(query);
    const ids = await search.ids(inOrder, window);
    const [first] = order;
    if (first === undefined || !goesOnByValue(query) || ids.length < window.limit) return ids;
    const column = columnOf(sessionList, first.field);
    const last = await this.#database.lists.builder
      .selectFrom('sessions as s')
      .select(() => column.sql.as('value'))
      .where('s.id', '=', ids.at(-1) ?? '')
      .executeTakeFirst();
    const within = upToShown(column, last?.value ?? null, first);
    const limit = window.limit + MOST_SHARING + 1;
    const whole = await search.ids((records) => inOrder(records).where(within), { limit, offset: 0 });
    if (whole.length === limit) throw tooManySharing();
    return whole;
  }

  /** The sessions with the given ids, a few at a time: no more of them are read than a page may have bytes. */
  async #viewed(
    companyId: number,
    ids: readonly string[],
    view: (items: readonly ListedSession[]) => Promise<object[]>,
  ): Promise<Found<object>> {
    const items: object[] = [];
    const room = new PageRoom();
    for (let at = 0; at < ids.length && !room.isFull; at += AT_A_TIME) {
      const some = await view(await this.#listed(this.#database.lists, companyId, ids.slice(at, at + AT_A_TIME)));
      items.push(...some);
      for (const item of some) room.takes(item);
    }
    return { items, cut: items.length < ids.length };
  }

  /** One session of the company; undefined where there is none. */
  async find(companyId: number, id: string): Promise<ListedSession | undefined> {
    const [found] = await this.#listed(this.#database, companyId, [id]);
    return found;
  }

  /** The sessions with the given ids, in the order of these. */
  async #listed(database: Database['lists'], companyId: number, ids: readonly string[]): Promise<ListedSession[]> {
    if (ids.length === 0) return [];
    const rows = await database.query<Record<string, unknown>>(selectListed, [ids, companyId]);
    const sessions = rows.map(fromRow);
    const last = await this.#lastMessages(database, sessions);
    const listed = sessions.map((session) => ({ session, last: last.get(session.id) ?? null }));
    const byId = new Map(listed.map((one) => [one.session.id, one]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** The newest message of each session, found by its `seq`; where that one was deleted, the newest that was not. */
  async #lastMessages(
    database: Database['lists'],
    sessions: readonly Pick<HotSession, 'id' | 'lastSeq'>[],
  ): Promise<Map<string, MessageRow>> {
    if (sessions.length === 0) return new Map();
    const ids = sessions.map(({ id }) => id);
    const seqs = sessions.map(({ lastSeq }) => lastSeq);
    const found = await this.#messages(
      database,
      sql`select id, seq from unnest(${ids}::uuid[], ${seqs}::integer[]) as newest (id, seq)`,
    );
    const missing = sessions.filter(({ id, lastSeq }) => lastSeq > 0 && !found.has(id)).map(({ id }) => id);
    if (missing.length === 0) return found;
    const left = sql`select session_id, max(seq) from messages where session_id = any(${missing}::uuid[])
      and deleted_at is null group by session_id`;
    return new Map([...found, ...(await this.#messages(database, left))]);
  }

  /** Messages that were not deleted, by session; `places` are their sessions and their `seq`. */
  async #messages(database: Database['lists'], places: RawBuilder<unknown>): Promise<Map<string, MessageRow>> {
    const rows = await database.builder
      .selectFrom('messages')
      .select(messageColumns)
      .where(sql<boolean>`(session_id, seq) in (${places})`)
      .where('deleted_at', 'is', null)
      .execute();
    return new Map(rows.map((row) => [row.session_id, row as MessageRow]));
  }
}
