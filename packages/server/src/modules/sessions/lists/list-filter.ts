import { SessionListItem, type operations, type QueryOf } from '@molva/contract';
import {
  sql,
  type ExpressionBuilder,
  type ExpressionWrapper,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
} from 'kysely';
import { anywhere, column, type ListSpec, type Order } from '../../../platform/list.ts';
import type { Tables } from '../../../platform/tables.ts';
import { phoneSought } from '../../../platform/folded.ts';
import { optionedBy } from '../state/column.ts';
import { listedColumns } from '../state/columns.ts';
import { runsQuery, sought, uuidRange } from '../state/search.ts';

/** What the list can be narrowed by. */
export type SessionFilter = QueryOf<typeof operations.listSessions>;

/** The tables with the sessions under the name the list knows them by. */
export type Aliased = Tables & { s: Tables['sessions'] };

/** Most sessions that are counted where no index has the number of them. */
export const MOST_COUNTED = 10_000;

/** Narrowed records, with nothing selected and no order. */
export type Narrowed = SelectQueryBuilder<Aliased, 's', object>;

/**
 * A filter that the records of no index are in the order of: it is answered either record by record, where much passes
 * it, or from the other end, where little does.
 */
export interface Sieve {
  /** Whether a record passes. */
  readonly passes: RawBuilder<boolean>;
  /** Selects the ids of all of the company's sessions that pass, each once. */
  readonly ids: RawBuilder<unknown>;
  /** Whether the first ids are there before the last ones are known. */
  readonly lazy: boolean;
}

const sorted = optionedBy(listedColumns, 'sort');
const filtered = optionedBy(listedColumns, 'filter');
const lastActivity = sql`coalesce(s.last_message_at, s.started_at)`;

/** What the list of sessions can do. Every order of one field is that of an index. */
export const sessionList: ListSpec = {
  columns: {
    ...Object.fromEntries(sorted.map(({ wire, select, kind }) => [wire, column(select, kind.listType, kind.nullable)])),
    // No index has a column that every message changes; the hour of it is in one, and within an hour few are sorted.
    // Joined as what may be missing it is not read where nobody asks for that order.
    lastMessageCreatedAt: {
      sql: lastActivity,
      type: 'instant',
      coarse: {
        sql: sql.ref('a.hour'),
        of: (value) => sql`floor(extract(epoch from ${value}) / 3600)::integer`,
      },
    },
  },
  fallback: [{ field: 'startedAt', direction: 'desc' }],
  ties: ['startedAt', 'id'],
  fields: Object.keys(SessionListItem.properties),
};

/** Narrowed records of a table, or those of them that have the given ids. */
export type Records = (ids?: RawBuilder<unknown>) => Narrowed;

const searchColumns = ['id', 'company_id', 'client_id', 'started_at', 'search'] as const;
/** The columns that filters and orders are made of. */
const neededColumns = [...searchColumns, ...[...sorted, ...filtered].map(({ name }) => name), 'newest'];
const listColumns = [...new Set(neededColumns)];

/** The sessions of a company's chats that a filter leaves, all but its sieves. */
export function narrowedSessions(builder: Kysely<Tables>, companyId: number, filter: SessionFilter): Records {
  return (ids) =>
    withActivity(recordsOf(builder, 'sessions', listColumns, ids))
      .where('s.company_id', '=', companyId)
      .where('s.chat_id', 'is not', null)
      .where((of) => narrowedBy(of, filter));
}

/**
 * The same from the table that is searched, which has ten of its rows where the sessions have one; undefined where the
 * filter or the order needs what it does not have.
 */
export function searchedSessions(
  builder: Kysely<Tables>,
  companyId: number,
  filter: SessionFilter,
  order: readonly Order[],
): Records | undefined {
  const { from: _from, to: _to, ...others } = filter;
  if (!onlySieves(others)) return undefined;
  if (order.some(({ field }) => field !== 'startedAt' && field !== 'id')) return undefined;
  return (ids) =>
    recordsOf(builder, 'session_search', searchColumns, ids)
      .where('s.company_id', '=', companyId)
      .where((of) => narrowedBy(of, filter));
}

function withActivity(records: Narrowed): Narrowed {
  return records.leftJoin('session_activity as a', (join) =>
    join.onRef('a.company_id', '=', 's.company_id').onRef('a.session_id', '=', 's.id'),
  ) as unknown as Narrowed;
}

function recordsOf(
  builder: Kysely<Tables>,
  table: 'sessions' | 'session_search',
  columns: readonly string[],
  ids: RawBuilder<unknown> | undefined,
): Narrowed {
  const from = sql.table(table);
  if (ids === undefined) return builder.selectFrom(sql<Tables['sessions']>`${from}`.as('s')) as unknown as Narrowed;
  const named = sql.join(columns.map((name) => sql.ref(name)));
  // Ids are looked up one by one, which the offset sees to: the planner, who knows not how many there are, would rather
  // read the whole table.
  const found = sql<Tables['sessions']>`(select ${named} from (${ids}) as found (found_id),
    lateral (select ${named} from ${from} where id = found_id offset 0) as record)`;
  return builder.selectFrom(found.as('s')) as unknown as Narrowed;
}

/** The sieves of a filter. */
export function sievesOf(companyId: number, { keyword, name, tags }: SessionFilter): Sieve[] {
  return [
    ...(sought(name ?? '') === '' ? [] : [named(companyId, sought(name ?? ''))]),
    ...(sought(keyword ?? '') === '' ? [] : [foundBy(companyId, keyword ?? '')]),
    ...(tags === undefined || tags.length === 0 ? [] : [tagged(companyId, tags)]),
  ];
}

/** Where counting a list without sieves stops: what one index answers is counted to the end. */
export function countedUpTo(filter: SessionFilter): number | undefined {
  const { sessionId, clientBanned } = filter;
  const exact = sessionId !== undefined || (conditionsOf(filter) <= 1 && clientBanned === undefined);
  return exact ? undefined : MOST_COUNTED;
}

/** Whether a filter leaves all that its sieves do. */
export function onlySieves(filter: SessionFilter): boolean {
  const { sessionId, clientBanned, from, to } = filter;
  return [sessionId, clientBanned, from, to].every((value) => value === undefined) && conditionsOf(filter) === 0;
}

/** How many conditions a filter has of those that have an index of their own. */
function conditionsOf(filter: SessionFilter): number {
  const equal = filtered.filter(({ wire }) => filter[wire] !== undefined);
  return equal.length + (filter.groupByClientId === true ? 1 : 0);
}

function narrowedBy(
  of: ExpressionBuilder<Aliased, 's'>,
  filter: SessionFilter,
): ExpressionWrapper<Aliased, 's', SqlBool> {
  const { sessionId, clientBanned, from, to } = filter;
  return of.and([
    ...(sessionId === undefined ? [] : [of('s.id', '=', sessionId)]),
    ...filtered.flatMap(({ wire, select }) => {
      const value = filter[wire];
      return value === undefined ? [] : [sql<boolean>`${sql.ref(select)} = ${value}`];
    }),
    ...(from === undefined ? [] : [sql<boolean>`s.started_at >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [sql<boolean>`s.started_at <= ${to}::timestamptz`]),
    ...(filter.groupByClientId === true ? [sql<boolean>`s.newest`] : []),
    ...(clientBanned === undefined ? [] : [banned(clientBanned)]),
  ]);
}

function banned(is: boolean): RawBuilder<boolean> {
  const found = sql`exists (select 1 from clients b where b.company_id = s.company_id and b.id = s.client_id and b.banned_at is not null)`;
  return is ? sql<boolean>`${found}` : sql<boolean>`not ${found}`;
}

/** Sessions with a text in their name. */
function named(companyId: number, text: string): Sieve {
  const has = (line: string) => sql<boolean>`split_part(${sql.ref(line)}, e'\n', 1) like ${anywhere(text)}`;
  return { passes: has('s.search'), ids: searched(companyId, [text], has('search')), lazy: false };
}

/** Sessions with the keyword in their name or a number of their client, or whose id or client's id begins with it. */
function foundBy(companyId: number, keyword: string): Sieve {
  const texts = [...new Set([sought(keyword), phoneSought(keyword) ?? sought(keyword)])];
  const has = (line: string) => sql<boolean>`${sql.ref(line)} like any (array[${sql.join(texts.map(anywhere))}])`;
  const ids = searched(companyId, texts, has('search'));
  const range = uuidRange(keyword);
  if (range === undefined) return { passes: has('s.search'), ids, lazy: false };
  const between = (field: string) => sql`${sql.ref(field)} between ${range.first}::uuid and ${range.last}::uuid`;
  const others = sql`select id from sessions where company_id = ${companyId} and chat_id is not null and not ${has('search')}`;
  return {
    passes: sql`(${has('s.search')} or ${between('s.id')} or ${between('s.client_id')})`,
    ids: sql`${ids} union all ${others} and ${between('id')}
      union all ${others} and ${between('client_id')} and not (${between('id')})`,
    lazy: false,
  };
}

/** The ids of sessions with one of some texts; the runs find candidates, the condition decides. */
function searched(companyId: number, texts: readonly string[], has: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`select id from session_search
    where molva_runs(search, company_id) @@ ${runsQuery(companyId, texts)}::tsquery and company_id = ${companyId} and ${has}`;
}

/** Sessions with any of the tags, their own or their client's. */
function tagged(companyId: number, names: readonly string[]): Sieve {
  const keys = names.map((name) => name.toLowerCase());
  const wanted = sql`any(array(select id from tags where company_id = ${companyId} and name_key = any(${keys})))`;
  const own = (session: string) =>
    sql`(select true from session_tags where session_id = ${sql.ref(session)} and tag_id = ${wanted} limit 1)`;
  return {
    // Limited, so that they are looked up for each record: the planner would rather read all that are tagged first.
    passes: sql`(coalesce(${own('s.id')}, (select true from client_tags
      where company_id = s.company_id and client_id = s.client_id and tag_id = ${wanted} limit 1), false))`,
    // A session is named by the first of its tags, or by the first of its client's where it has none itself.
    ids: sql`select t.session_id from session_tags t where t.tag_id = ${wanted} and (select true from session_tags f
        where f.session_id = t.session_id and f.tag_id = ${wanted} and f.tag_id < t.tag_id limit 1) is null
      union all
      select o.id from client_tags k join sessions o on o.company_id = k.company_id and o.client_id = k.client_id
      where k.company_id = ${companyId} and k.tag_id = ${wanted} and o.chat_id is not null and ${own('o.id')} is null
        and (select true from client_tags f where f.company_id = k.company_id and f.client_id = k.client_id
          and f.tag_id = ${wanted} and f.tag_id < k.tag_id limit 1) is null`,
    lazy: true,
  };
}
