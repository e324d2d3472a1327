import { DEFAULT_LIMIT, MAX_LIMIT, type ListQuery } from '@molva/contract';
import { sql, type SelectQueryBuilder } from 'kysely';
import { badField, type Failure } from './failure.ts';
import { columnOf, follows, goesOnByValue, upToShown } from './list-keyset.ts';
import type { Coarse, ListSpec, Order } from './list.ts';

/** Where a page begins and how long it is. */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/**
 * The window of a list query: `page` counts from 0 and is used with `limit` alone, then `offset` is ignored. What goes
 * on after a value skips nothing.
 */
export function windowOf(query: ListQuery, defaultLimit = DEFAULT_LIMIT): Window {
  const limit = Math.min(query.limit ?? defaultLimit, MAX_LIMIT);
  if (query.offsetField !== undefined && query.offsetValue !== undefined) return { limit, offset: 0 };
  const offset = query.page !== undefined && query.limit !== undefined ? query.page * limit : (query.offset ?? 0);
  return { limit, offset };
}

/** Offsets from which on it pays to ask first how far a coarse column leads. */
const FAR = 1_000;

/** Most records that are added to a page so that it ends where a value does. */
export const MOST_SHARING = 1_000;

/** Too many records share a value for a page that goes on by it to end where it does. */
export function tooManySharing(): Failure {
  const reason = `has one value in more than ${MOST_SHARING} records: go on with offset, or by another field`;
  return badField('offsetField', reason);
}

/**
 * A page that goes on by a value ends where one does: whoever goes on after the last value he saw has seen all that share
 * it. So it may be longer than was asked for.
 */
async function pagedByValue<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  limit: number,
  spec: ListSpec,
  order: readonly Order[],
): Promise<{ page: SelectQueryBuilder<DB, TB, object>; limit: number }> {
  const [first] = order;
  const column = columnOf(spec, first?.field ?? '');
  const sorted = ordered(records, spec, order);
  const last = sorted
    .select(() => column.sql.as('value'))
    .offset(limit - 1)
    .limit(1);
  const end = (await last.executeTakeFirst()) as { value: unknown } | undefined;
  if (end === undefined) return { page: sorted.limit(limit), limit };
  const whole = records.where(upToShown(column, end.value, first));
  const length = await countOf(whole, limit + MOST_SHARING + 1);
  if (length > limit + MOST_SHARING) throw tooManySharing();
  return { page: ordered(whole, spec, order).limit(length), limit: length };
}

/** The records of a query's window in the given order, and how many they are at most. */
export async function paged<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  query: ListQuery,
  spec: ListSpec,
  order: readonly Order[],
): Promise<{ page: SelectQueryBuilder<DB, TB, object>; limit: number }> {
  const { limit, offset } = windowOf(query, spec.defaultLimit);
  if (goesOnByValue(query) && offset === 0) return pagedByValue(records, limit, spec, order);
  const first = order[0];
  const by = leading(spec, order);
  if (by === undefined || offset < FAR)
    return { page: ordered(records, spec, order).limit(limit).offset(offset), limit };
  // Most of what is skipped is skipped in the index of the coarse column: all that comes before the last value of it.
  const coarse = by.sql;
  const values = led(records, by)
    .select(() => coarse.as('value'))
    .orderBy(coarse, first?.direction);
  const skipped = values.limit(1).offset(offset - 1);
  const last = (await skipped.executeTakeFirst()) as { value: unknown } | undefined;
  if (last === undefined) return { page: records.where(sql<boolean>`false`), limit };
  const rest = follows(coarse, sql`${last.value}`, first, '=');
  const before = await countOf(records.where(sql<boolean>`not ${rest}`), undefined);
  const page = ordered(records.where(rest), spec, order).limit(limit);
  return { page: page.offset(offset - before), limit };
}

/** The records in the given order, which is made total. */
export function ordered<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  spec: ListSpec,
  order: readonly Order[],
): SelectQueryBuilder<DB, TB, object> {
  const direction = order[0]?.direction ?? 'asc';
  const unique = order.some(({ field }) => field === spec.ties.at(-1));
  const ties = unique ? [] : spec.ties.filter((field) => order.every((asked) => asked.field !== field));
  return [...order, ...ties.map((field) => ({ field, direction }))]
    .flatMap(({ field, direction: way }) => {
      const { sql: expression, coarse } = columnOf(spec, field);
      return (coarse === undefined ? [expression] : [coarse.sql, expression]).map((by) => ({ by, way }));
    })
    .reduce((sorted, { by, way }) => sorted.orderBy(by, way), led(records, leading(spec, order)));
}

function leading(spec: ListSpec, [first]: readonly Order[]): Coarse | undefined {
  return first && columnOf(spec, first.field).coarse;
}

/** The records, said to have the coarse column: a table that is joined for it as what may be missing may lead then. */
function led<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  coarse: Coarse | undefined,
): SelectQueryBuilder<DB, TB, object> {
  return coarse === undefined ? records : records.where(sql<boolean>`${coarse.sql} is not null`);
}

/** How many records a query leaves; with a bound, at most that many are counted. */
export async function countOf<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  upTo: number | undefined,
): Promise<number> {
  if (upTo !== undefined) {
    const found = records.select(() => sql<number>`1`.as('found')).limit(upTo);
    return (await found.execute()).length;
  }
  const row = await records.select((of) => of.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return (row as { count: number }).count;
}
