import { DEFAULT_LIMIT, MAX_LIMIT, type FieldProblems, type ListPage, type ListQuery } from '@molva/contract';
import { badField, Failure } from './failure.ts';

/** Where a page begins and how long it is. */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** The window of a list query: `page` counts from 0 and is used with `limit` alone, then `offset` is ignored. */
export function windowOf(query: ListQuery, defaultLimit = DEFAULT_LIMIT): Window {
  const limit = Math.min(query.limit ?? defaultLimit, MAX_LIMIT);
  const offset = query.page !== undefined && query.limit !== undefined ? query.page * limit : (query.offset ?? 0);
  return { limit, offset };
}

/** One field of an order. */
export interface Order<Column extends string> {
  readonly column: Column;
  readonly direction: 'asc' | 'desc';
}

/** Reads `sort` against the fields a list can be sorted by; a `+`, or the space it decodes to, ascends. */
export function orderOf<Column extends string>(
  sort: string | undefined,
  columns: Readonly<Record<string, Column>>,
  fallback: readonly Order<Column>[],
): readonly Order<Column>[] {
  if (sort === undefined || sort.trim() === '') return fallback;
  return sort.split(',').map((part) => {
    const name = part.replace(/^[+ -]/, '').trim();
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined)
      throw badField('sort', `cannot sort by "${name}"; known: ${Object.keys(columns).join(', ')}`);
    return { column, direction: part.startsWith('-') ? 'desc' : 'asc' };
  });
}

/** Keeps the named fields of each item; a name that no item can have is refused. */
export function pickFields<T extends object>(
  items: readonly T[],
  fields: string | undefined,
  known: readonly string[],
): T[] {
  if (fields === undefined || fields.trim() === '') return [...items];
  const names = fields.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const problem: FieldProblems = { fields: unknown.map((name) => `unknown field "${name}"`) };
    throw new Failure('invalid-input', problem);
  }
  return items.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))) as T);
}

/** How a list is read: the records of a window, and the total. */
export interface ListSource<T> {
  items(): Promise<readonly T[]>;
  count(): Promise<number>;
}

/** Answers a page as asked: without the count no total is computed, without the items none are read. */
export async function pageOf<T extends object>(
  query: ListQuery,
  known: readonly string[],
  source: ListSource<T>,
): Promise<ListPage<T>> {
  const items = query.withoutItems === true ? [] : pickFields(await source.items(), query.fields, known);
  const count = query.withoutCount === true ? items.length : await source.count();
  return { count, items };
}
