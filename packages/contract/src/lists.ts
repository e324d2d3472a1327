import { Type, type Static, type TSchema } from 'typebox';

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
  fields: Type.Optional(Type.String({ maxLength: 2048, description: 'comma list of fields to answer' })),
  withoutCount: Type.Optional(Type.Boolean()),
  withoutItems: Type.Optional(Type.Boolean()),
} as const;

/** A page of a list. `count` is the total, or the number of items where the total was not asked for. */
export function ListOf<const S extends TSchema>(item: S) {
  return Type.Object({ count: Type.Integer({ minimum: 0 }), items: Type.Array(item) });
}
/** A page of a list of `T`. */
export interface ListPage<T> {
  count: number;
  items: T[];
}

const query = Type.Object(listQuery);
/** The parsed parameters every list understands. */
export type ListQuery = Static<typeof query>;
