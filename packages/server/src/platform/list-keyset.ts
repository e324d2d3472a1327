import type { ListQuery } from '@molva/contract';
import { sql, type RawBuilder } from 'kysely';
import { badField } from './failure.ts';
import { readInstant } from './instant.ts';
import type { ColumnType, ListColumn, ListSpec, Order } from './list.ts';

/** The column of a field that the list has. */
export function columnOf(spec: ListSpec, field: string): ListColumn {
  return spec.columns[field] as ListColumn;
}

/** The condition of a keyset page: records that follow the given value in the order; undefined where none is asked. */
export function keysetOf(query: ListQuery, spec: ListSpec, order: readonly Order[]): RawBuilder<boolean> | undefined {
  const { offsetField, offsetValue } = query;
  if (offsetField === undefined || offsetField === '' || offsetValue === undefined) return undefined;
  const { sql: expression, type, coarse } = columnOf(spec, offsetField);
  const value = keysetValue(type, offsetValue);
  const exact = follows(expression, value, order[0]);
  return coarse === undefined ? exact : sql`${exact} and ${follows(coarse.sql, coarse.of(value), order[0], '=')}`;
}

type Sql = RawBuilder<unknown>;

/** Whether a field comes after a value in an order. */
export function follows(field: Sql, value: Sql, order: Order | undefined, orIs: '' | '=' = ''): RawBuilder<boolean> {
  return sql`${field} ${sql.raw(`${order?.direction === 'desc' ? '<' : '>'}${orIs}`)} ${value}`;
}

/** Reads a text for the database; undefined where it is none of the type. */
type Reader = (text: string) => string | undefined;

const matching =
  (pattern: RegExp): Reader =>
  (text) =>
    pattern.test(text) ? text : undefined;

const readers: Readonly<Record<ColumnType, { cast: string; reader: Reader; is: string }>> = {
  text: { cast: 'text', reader: matching(/^[^\0]*$/), is: 'text' },
  integer: { cast: 'bigint', reader: matching(/^-?\d{1,18}$/), is: 'an integer' },
  instant: { cast: 'timestamptz', reader: readInstant, is: 'an ISO 8601 date-time' },
  boolean: { cast: 'boolean', reader: matching(/^(true|false|0|1)$/), is: 'true or false' },
  uuid: { cast: 'uuid', reader: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i), is: 'a UUID' },
};

function keysetValue(type: ColumnType, text: string): RawBuilder<unknown> {
  const { cast, reader, is } = readers[type];
  const read = reader(text);
  if (read === undefined) throw badField('offsetValue', `must be ${is}`);
  return sql`${read}::${sql.raw(cast)}`;
}
