import type { ListQuery } from '@molva/contract';
import { sql, type RawBuilder } from 'kysely';
import { badField } from './failure.ts';
import { UUID } from './ids.ts';
import { isoInstant, readInstant } from './instant.ts';
import type { ColumnType, ListColumn, ListSpec, Order } from './list.ts';

/** The column of a field that the list has. */
export function columnOf(spec: ListSpec, field: string): ListColumn {
  return spec.columns[field] as ListColumn;
}

/** The condition of a keyset page: records that follow the given value in the order; undefined where none is asked. */
export function keysetOf(query: ListQuery, spec: ListSpec, order: readonly Order[]): RawBuilder<boolean> | undefined {
  const { offsetField, offsetValue } = query;
  if (!goesOnByValue(query) || offsetField === undefined || offsetValue === undefined) return undefined;
  const column = columnOf(spec, offsetField);
  const [first] = order;
  if (column.nullable === true && offsetValue === 'null') {
    // Nothing comes last where the order ascends, and first where it descends.
    return first?.direction === 'desc' ? sql`${column.sql} is not null` : sql`false`;
  }
  const value = keysetValue(column.type, offsetValue);
  const { sql: expression, coarse } = column;
  // Instants go out in whole seconds: one without a fraction is all of its second, which was seen whole.
  const second = column.type === 'instant' && !offsetValue.includes('.') && first?.direction !== 'desc';
  const exact = second ? sql<boolean>`${expression} >= ${value} + ${SECOND}` : follows(expression, value, first);
  const after =
    coarse === undefined ? exact : sql<boolean>`${exact} and ${follows(coarse.sql, coarse.of(value), first, '=')}`;
  return column.nullable === true && first?.direction !== 'desc' ? sql`(${after} or ${expression} is null)` : after;
}

/** Whether a list is read on from one value of a field to the next. */
export function goesOnByValue({ offsetField }: ListQuery): boolean {
  return offsetField !== undefined && offsetField !== '';
}

/**
 * The records that do not follow a value as it is shown, those that share it with them: where a page ends that goes on
 * by it.
 * @param value as the driver read it
 */
export function upToShown(
  { sql: expression, type, coarse, nullable }: ListColumn,
  value: unknown,
  order: Order | undefined,
) {
  const descends = order?.direction === 'desc';
  if (value === null) return descends ? sql<boolean>`${expression} is null` : sql<boolean>`true`;
  const known = valueOf(type, value);
  const second = sql`date_trunc('second', ${known})`;
  const last = type === 'instant' ? (descends ? second : sql`${second} + ${SECOND}`) : known;
  const sign = descends ? '>=' : type === 'instant' ? '<' : '<=';
  const exact = sql<boolean>`${expression} ${sql.raw(sign)} ${last}`;
  const within =
    coarse === undefined
      ? exact
      : sql<boolean>`${exact} and ${coarse.sql} ${sql.raw(descends ? '>=' : '<=')} ${coarse.of(last)}`;
  return nullable === true && descends ? sql<boolean>`(${within} or ${expression} is null)` : within;
}

const SECOND = sql`interval '1 second'`;

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
  uuid: { cast: 'uuid', reader: matching(UUID), is: 'a UUID' },
};

function keysetValue(type: ColumnType, text: string): RawBuilder<unknown> {
  const { cast, reader, is } = readers[type];
  const read = reader(text);
  if (read === undefined) throw badField('offsetValue', `must be ${is}`);
  return sql`${read}::${sql.raw(cast)}`;
}

function valueOf(type: ColumnType, value: unknown): RawBuilder<unknown> {
  const text = type === 'instant' ? isoInstant(Number(value)) : String(value);
  return sql`${text}::${sql.raw(readers[type].cast)}`;
}
