import { wireDate, type FieldProblems, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
import { badField, Failure } from './failure.ts';
import { folded } from './folded.ts';
import { columnOf, keysetOf } from './list-keyset.ts';
import { countOf, paged, windowOf } from './list-window.ts';
import { ALWAYS, roomFor } from './page-room.ts';

/** One field of an order. */
export interface Order<Field extends string = string> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

/** How the text of a keyset value is read for a column. */
export type ColumnType = 'text' | 'integer' | 'instant' | 'boolean' | 'uuid';

/** A coarser column beside a field, which every record has. */
export interface Coarse {
  readonly sql: RawBuilder<unknown>;
  /** Of a value of the field. */
  of(value: RawBuilder<unknown>): RawBuilder<unknown>;
}

/** A field of a list in SQL. */
export interface ListColumn {
  readonly sql: RawBuilder<unknown>;
  readonly type: ColumnType;
  /** Whether some records have none. */
  readonly nullable?: boolean;
  /** A coarser column in the same order that an index has, where the field itself is in none. */
  readonly coarse?: Coarse;
}

/** A column by its SQL name, as in `column('s.started_at', 'instant')`. */
export function column(name: string, type: ColumnType, nullable = false): ListColumn {
  return { sql: sql.ref(name), type, nullable };
}

/** What a list can do, as data. */
export interface ListSpec {
  /** Fields it can be sorted, grouped and paged by, under their wire names. */
  readonly columns: Readonly<Record<string, ListColumn>>;
  /** Its order where none is asked for. */
  readonly fallback: readonly Order[];
  /** Fields that end every order, the last one different in every record: so pages never overlap. */
  readonly ties: readonly string[];
  /** All fields of an item. */
  readonly fields: readonly string[];
  /** The bytes of what is long in a record, where something may be. */
  readonly bytes?: RawBuilder<unknown>;
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

/** Keeps the named fields of each item; a name that no item can have is refused. */
export function pickFields<T extends object>(
  items: readonly T[],
  fields: string | undefined,
  known: readonly string[],
): T[] {
  const names = namesOf(fields);
  if (names.length === 0) return [...items];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const problem: FieldProblems = { fields: unknown.map((name) => `unknown field "${name}"`) };
    throw new Failure('invalid-input', problem);
  }
  return items.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))) as T);
}

/** The names of a comma list; what is between two commas without a name is none. */
function namesOf(list = ''): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Records of a window, or as many of them as have room in a page. */
export interface Found<T> {
  readonly items: readonly T[];
  /** Whether the window has more. */
  readonly cut: boolean;
}

/** How a list is read: the records of a window, and the total. */
export interface ListSource<T> {
  items(): Promise<Found<T>>;
  count(): Promise<number>;
}

/** Answers a page as asked: without the count no total is computed, without the items none are read. */
export async function pageOf<T extends object>(
  query: ListQuery,
  known: readonly string[],
  source: ListSource<T>,
): Promise<ListPage<T>> {
  const found = query.withoutItems === true ? { items: [], cut: false } : await source.items();
  const shown = pickFields(found.items, query.fields, known);
  const items = shown.slice(0, roomFor(shown));
  const count = query.withoutCount === true ? items.length : await source.count();
  return { count, items, ...(found.cut || items.length < shown.length ? { hasMore: true } : {}) };
}

/**
 * Reads a list with every parameter lists understand.
 * @param narrowed the records of the list: from, joins and conditions, with nothing selected and no order
 * @param countUpTo stops counting there, for conditions that no index answers in bounded time
 * @param read selects what an item needs from the page of records and makes the items, in the order they come in
 */
export function readList<DB, TB extends keyof DB, Item extends object>(
  query: ListQuery,
  spec: ListSpec,
  narrowed: SelectQueryBuilder<DB, TB, object>,
  read: (page: SelectQueryBuilder<DB, TB, object>) => Promise<readonly Item[] | Found<Item>>,
  countUpTo?: number,
): Promise<ListPage<object>> {
  if (isGrouped(query)) return readGroups(query, spec, narrowed);
  const order = orderOf(query, spec);
  const after = keysetOf(query, spec, order);
  const records = after === undefined ? narrowed : narrowed.where(after);
  return pageOf<object>(query, spec.fields, {
    items: () => readWithin(records, query, spec, order, read),
    count: () => countOf(narrowed, countUpTo),
  });
}

/** Whether a list is asked for its groups. */
export function isGrouped(query: ListQuery): boolean {
  return namesOf(query.group).length > 0;
}

/** The items of a page, of which no more are read than it may have bytes. */
async function readWithin<DB, TB extends keyof DB, Item extends object>(
  records: SelectQueryBuilder<DB, TB, object>,
  query: ListQuery,
  spec: ListSpec,
  order: readonly Order[],
  read: (page: SelectQueryBuilder<DB, TB, object>) => Promise<readonly Item[] | Found<Item>>,
): Promise<Found<Item>> {
  const { page, limit } = await paged(records, query, spec, order);
  const { bytes } = spec;
  if (bytes === undefined || limit <= ALWAYS) return foundIn(await read(page));
  const lengths = (await page.select(() => bytes.as('bytes')).execute()) as unknown as { bytes: number }[];
  const room = roomFor(lengths.map((row) => row.bytes));
  const { items, cut } = foundIn(await read(page.limit(room)));
  return { items, cut: cut || room < lengths.length };
}

function foundIn<Item>(read: readonly Item[] | Found<Item>): Found<Item> {
  return 'items' in read ? read : { items: read, cut: false };
}

/** One item for each combination of the named fields, with the number of its records; the most frequent first. */
async function readGroups<DB, TB extends keyof DB>(
  query: ListQuery,
  spec: ListSpec,
  narrowed: SelectQueryBuilder<DB, TB, object>,
): Promise<ListPage<object>> {
  const fields = [...new Set(namesOf(query.group))];
  for (const field of fields) knownField(spec, 'group', field);
  // What is shown alike is one group.
  const expressions = fields.map((field) => {
    const { sql: expression, type } = columnOf(spec, field);
    return type === 'instant' ? sql`date_trunc('second', ${expression})` : expression;
  });
  const groups = sql<number>`count(*) over ()`;
  // Making groups is all the work there is: the page and their number come of making them once.
  let found: number | undefined;
  const shown = { ...query, fields: shownOfGroups(query.fields, [...fields, 'count'], spec) };
  return pageOf<object>(shown, [...fields, 'count'], {
    items: async () => {
      const { limit, offset } = windowOf(query, spec.defaultLimit);
      const grouped = narrowed
        .select(() => [
          ...fields.map((field, index) => sql`${expressions[index] as RawBuilder<unknown>}`.as(field)),
          sql<number>`count(*)`.as('count'),
          (query.withoutCount === true ? sql<number>`0` : groups).as('groups'),
        ])
        .groupBy(expressions);
      const most = grouped.orderBy(sql`count(*)`, 'desc');
      const ordering = expressions.reduce((sorted, expression) => sorted.orderBy(expression), most);
      const rows = (await ordering.limit(limit).offset(offset).execute()) as Record<string, unknown>[];
      found = rows[0]?.['groups'] as number | undefined;
      return { items: rows.map((row) => groupView(row, fields, spec)), cut: false };
    },
    count: async () => {
      if (found !== undefined) return found;
      const one = narrowed.select(() => groups.as('groups')).groupBy(expressions);
      const rows = await one.limit(1).execute();
      return (rows[0] as { groups: number } | undefined)?.groups ?? 0;
    },
  });
}

/** What of `fields` groups have; those of records are no mistake, and where there are no others groups are shown whole. */
function shownOfGroups(asked: string | undefined, known: readonly string[], spec: ListSpec): string {
  const others = namesOf(asked).filter((name) => !spec.fields.includes(name) || known.includes(name));
  return others.join(',');
}

function groupView(row: Record<string, unknown>, fields: readonly string[], spec: ListSpec): object {
  const shown = fields.map((field): [string, unknown] => {
    const value = row[field];
    return [field, columnOf(spec, field).type === 'instant' && typeof value === 'number' ? wireDate(value) : value];
  });
  return { ...Object.fromEntries(shown), count: row['count'] };
}

/** Whether a column has a text in it, as people search: without case and accents. */
export function hasText(name: string, text: string): RawBuilder<boolean> {
  return sql<boolean>`molva_folded(${sql.ref(name)}) like ${anywhere(folded(text))}`;
}

/** A text as LIKE takes it literally, found anywhere. */
export function anywhere(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
