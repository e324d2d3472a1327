import { DEFAULT_LIMIT, MAX_LIMIT, wireDate, type FieldProblems, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
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
export interface Order<Field extends string = string> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

/** How the text of a keyset value is read for a column. */
export type ColumnType = 'text' | 'integer' | 'instant' | 'boolean' | 'uuid';

/** A field of a list in SQL. */
export interface ListColumn {
  readonly sql: RawBuilder<unknown>;
  readonly type: ColumnType;
}

/** A column by its SQL name, as in `column('s.started_at', 'instant')`. */
export function column(name: string, type: ColumnType): ListColumn {
  return { sql: sql.ref(name), type };
}

/** What a list can do, as data. */
export interface ListSpec {
  /** Fields it can be sorted, grouped and paged by, under their wire names. */
  readonly columns: Readonly<Record<string, ListColumn>>;
  /** Its order where none is asked for. */
  readonly fallback: readonly Order[];
  /** The field that is different in every record: it ends every order, so that pages never overlap. */
  readonly unique: string;
  /** All fields of an item. */
  readonly fields: readonly string[];
  /** Records of a page where the caller names no number. */
  readonly defaultLimit?: number;
}

/** Reads `sort` against the fields a list can be sorted by; a `+`, or the space it decodes to, ascends. */
export function orderOf(query: Pick<ListQuery, 'sort' | 'offsetField'>, spec: ListSpec): readonly Order[] {
  const asked = (query.sort ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part): Order => {
      const field = part.replace(/^[+ -]/, '').trim();
      return { field: knownField(spec, 'sort', field), direction: part.startsWith('-') ? 'desc' : 'asc' };
    });
  const { offsetField } = query;
  if (offsetField === undefined || offsetField === '') return asked.length === 0 ? spec.fallback : asked;
  knownField(spec, 'offsetField', offsetField);
  if (asked.length === 0) {
    return [spec.fallback.find(({ field }) => field === offsetField) ?? { field: offsetField, direction: 'asc' }];
  }
  if (asked[0]?.field !== offsetField) throw badField('offsetField', 'must be the first field of sort');
  return asked;
}

function knownField(spec: ListSpec, parameter: string, field: string): string {
  if (Object.hasOwn(spec.columns, field)) return field;
  throw badField(parameter, `"${field}" is not one of ${Object.keys(spec.columns).join(', ')}`);
}

function columnOf(spec: ListSpec, field: string): ListColumn {
  return spec.columns[field] as ListColumn;
}

/** The condition of a keyset page: records that follow the given value in the order; undefined where none is asked. */
export function keysetOf(query: ListQuery, spec: ListSpec, order: readonly Order[]): RawBuilder<boolean> | undefined {
  const { offsetField, offsetValue } = query;
  if (offsetField === undefined || offsetField === '' || offsetValue === undefined) return undefined;
  const { sql: expression, type } = columnOf(spec, offsetField);
  const value = keysetValue(type, offsetValue);
  return order[0]?.direction === 'desc' ? sql`${expression} < ${value}` : sql`${expression} > ${value}`;
}

const readers: Readonly<Record<ColumnType, { cast: string; pattern: RegExp; is: string }>> = {
  text: { cast: 'text', pattern: /^[^\0]*$/, is: 'text' },
  integer: { cast: 'bigint', pattern: /^-?\d{1,18}$/, is: 'an integer' },
  instant: {
    cast: 'timestamptz',
    pattern: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([ +-]\d\d:?\d\d|Z)?$/,
    is: 'an ISO 8601 date-time',
  },
  boolean: { cast: 'boolean', pattern: /^(true|false|0|1)$/, is: 'true or false' },
  uuid: { cast: 'uuid', pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, is: 'a UUID' },
};

function keysetValue(type: ColumnType, text: string): RawBuilder<unknown> {
  const { cast, pattern, is } = readers[type];
  // An offset's `+` arrives as a space where the caller did not escape it.
  const read = type === 'instant' ? text.replace(/ (\d\d:?\d\d)$/, '+$1') : text;
  if (!pattern.test(read) || (type === 'instant' && Number.isNaN(Date.parse(read)))) {
    throw badField('offsetValue', `must be ${is}`);
  }
  return sql`${read}::${sql.raw(cast)}`;
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

/**
 * Reads a list with every parameter lists understand.
 * @param narrowed the records of the list: from, joins and conditions, with nothing selected and no order
 * @param read selects what an item needs from the page of records and makes the items, in the order they come in
 */
export function readList<DB, TB extends keyof DB, Item extends object>(
  query: ListQuery,
  spec: ListSpec,
  narrowed: SelectQueryBuilder<DB, TB, object>,
  read: (page: SelectQueryBuilder<DB, TB, object>) => Promise<readonly Item[]>,
): Promise<ListPage<object>> {
  if (query.group !== undefined && query.group.trim() !== '') return readGroups(query, spec, narrowed);
  const order = orderOf(query, spec);
  const after = keysetOf(query, spec, order);
  const records = after === undefined ? narrowed : narrowed.where(after);
  return pageOf<object>(query, spec.fields, {
    items: () => read(paged(records, query, spec, order)),
    count: () => countOf(narrowed),
  });
}

/** The records of a query's window in the given order, which is made total. */
export function paged<DB, TB extends keyof DB>(
  records: SelectQueryBuilder<DB, TB, object>,
  query: ListQuery,
  spec: ListSpec,
  order: readonly Order[],
): SelectQueryBuilder<DB, TB, object> {
  const { limit, offset } = windowOf(query, spec.defaultLimit);
  const total = order.some(({ field }) => field === spec.unique)
    ? order
    : [...order, { field: spec.unique, direction: order[0]?.direction ?? 'asc' } as const];
  return total
    .reduce((sorted, { field, direction }) => sorted.orderBy(columnOf(spec, field).sql, direction), records)
    .limit(limit)
    .offset(query.offsetField !== undefined && query.offsetValue !== undefined ? 0 : offset);
}

/** How many records a query leaves. */
export async function countOf<DB, TB extends keyof DB>(records: SelectQueryBuilder<DB, TB, object>): Promise<number> {
  const row = await records.select((of) => of.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return (row as { count: number }).count;
}

/** One item for each combination of the named fields, with the number of its records; the most frequent first. */
async function readGroups<DB, TB extends keyof DB>(
  query: ListQuery,
  spec: ListSpec,
  narrowed: SelectQueryBuilder<DB, TB, object>,
): Promise<ListPage<object>> {
  const fields = [...new Set((query.group ?? '').split(',').map((part) => part.trim()))].filter((part) => part !== '');
  for (const field of fields) knownField(spec, 'group', field);
  const expressions = fields.map((field) => columnOf(spec, field).sql);
  const grouped = narrowed
    .select(() => [
      ...fields.map((field, index) => sql`${expressions[index] as RawBuilder<unknown>}`.as(field)),
      sql<number>`count(*)`.as('count'),
    ])
    .groupBy(expressions);
  return pageOf<object>(query, [...fields, 'count'], {
    items: async () => {
      const { limit, offset } = windowOf(query, spec.defaultLimit);
      const ordered = expressions.reduce(
        (sorted, expression) => sorted.orderBy(expression),
        grouped.orderBy(sql`count(*)`, 'desc'),
      );
      const rows = await ordered.limit(limit).offset(offset).execute();
      return (rows as Record<string, unknown>[]).map((row) => groupView(row, fields, spec));
    },
    count: async () => {
      const rows = await narrowed
        .select(() => sql<number>`count(*) over ()`.as('groups'))
        .groupBy(expressions)
        .limit(1)
        .execute();
      return (rows[0] as { groups: number } | undefined)?.groups ?? 0;
    },
  });
}

function groupView(row: Record<string, unknown>, fields: readonly string[], spec: ListSpec): object {
  const shown = fields.map((field): [string, unknown] => {
    const value = row[field];
    return [field, columnOf(spec, field).type === 'instant' && typeof value === 'number' ? wireDate(value) : value];
  });
  return { ...Object.fromEntries(shown), count: row['count'] };
}

/** A text as LIKE takes it literally, found anywhere. */
export function anywhere(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
