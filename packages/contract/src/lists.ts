import { Type, type Static, type TObject } from 'typebox';

/** Most records one page of a list may hold. */
export const MAX_LIMIT = 1000;
/** Records of a page where the caller names no number. */
export const DEFAULT_LIMIT = 10;

/** Query parameters every list understands. Booleans arrive as `1`, `0`, `true` or `false`. */
export const listQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  page: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'from 0, with limit; offset is then ignored' }),
  ),
  sort: Type.Optional(
    Type.String({ maxLength: 255, description: 'comma list of fields, `-` before a field descends' }),
  ),
  group: Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'comma list of fields: one item for each combination, with its `count`',
    }),
  ),
  offsetField: Type.Optional(
    Type.String({
      maxLength: 64,
      description:
        'the field the list goes on by, instead of an offset: name it from the first page on, which then ends where a value of it does, and may be longer than limit',
    }),
  ),
  offsetValue: Type.Optional(
    Type.String({ maxLength: 255, description: 'the last value seen of offsetField; null where it was' }),
  ),
  fields: Type.Optional(Type.String({ maxLength: 2048, description: 'comma list of fields to answer' })),
  withoutCount: Type.Optional(Type.Boolean()),
  withoutItems: Type.Optional(Type.Boolean()),
} as const;

/**
 * A page of a list. `count` is the total, or the number of items where the total was not asked for; how far a list is
 * counted can be said of it. An item has the fields asked for; with `group` it has the fields grouped by and their
 * `count`.
 */
export function ListOf<const S extends TObject>(item: S, counted = 'all records') {
  const part = Type.Partial(Type.Object({ ...item.properties, count: Type.Integer({ minimum: 1 }) }));
  const description = `${counted}; with withoutCount the number of items here`;
  const count = Type.Integer({ minimum: 0, description });
  const hasMore = Type.Literal(true, {
    description: 'only where the page ends early, as its items are long: go on with `offset` behind them',
  });
  return Type.Object({ count, items: Type.Array(Type.Unsafe<Static<S>>(part)), hasMore: Type.Optional(hasMore) });
}
/** One record in detail; with `fields` it has those alone. */
export function DetailOf<const S extends TObject>(record: S) {
  const part = Type.Partial(record, { description: 'with `fields`: those alone' });
  return Type.Union([record, Type.Unsafe<Partial<Static<S>>>(part)]);
}

/** A page of a list of `T`. */
export interface ListPage<T> {
  count: number;
  items: T[];
  /** Only where the page ends before its limit, as its items are long. */
  hasMore?: true;
}

const query = Type.Object(listQuery);
/** The parsed parameters every list understands. */
export type ListQuery = Static<typeof query>;
