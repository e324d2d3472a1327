import { wireDate, type Session } from '@molva/contract';
import { isoInstant } from '../../../platform/instant.ts';
import type { ColumnType } from '../../../platform/list.ts';

/** What values of a column are: in SQL, in memory and on the wire. The driver has read them already. */
export interface Kind<Value, Shown = Value> {
  readonly type: 'uuid' | 'text' | 'integer' | 'boolean' | 'timestamptz' | 'json' | 'jsonb';
  /** How a list that is sorted by it reads a value to go on after. */
  readonly listType: ColumnType;
  /** Whether it may be absent. */
  readonly nullable?: true;
  write(this: void, value: Value): unknown;
  show(this: void, value: Value): Shown;
}

/** A row as it was selected, under the names of the fields. */
export type Row = Readonly<Record<string, unknown>>;

/** How a field is read and shown. */
export interface Reading<Value> {
  /** Its name on the wire; where there is none, nobody is shown it. */
  readonly wire?: keyof Session;
  /** How it is shown where its kind does it another way. */
  show?(this: void, value: Value): unknown;
  /** Makes it of a row where it is not what was selected. */
  read?(this: void, row: Row): Value;
}

/** How it is written, and whether lists read it. */
export interface Stored<Value> extends Reading<Value> {
  /** What it is in a session that just began, where that is the same in all. */
  readonly born?: Value;
  /** No step writes it. */
  readonly fixed?: true;
  /** Lists do not read it: it can be large. */
  readonly unlisted?: true;
  /** Written as one that follows from fields. */
  readonly derived?: true;
  /** What is selected, where it is not the column alone. */
  readonly select?: string;
}

/** Lists are narrowed to one value and sorted by what they show alone; there is an index for each. */
type Column<Value> = Stored<Value> &
  (
    | { readonly wire: keyof Session; readonly filter?: true; readonly sort?: true }
    | { readonly filter?: never; readonly sort?: never }
  );

/** A column of `sessions` by its name there; the options say what is done with it. */
export function column<Value, Shown, const Options extends Column<Value>>(
  name: string,
  kind: Kind<Value, Shown>,
  options: Options,
) {
  return { ...options, name, kind, select: options.select ?? `s.${name}` };
}

/** What a session has of its client, by an expression of the client `c`. */
export function joined<Value, Shown, const Options extends Reading<Value>>(
  select: string,
  kind: Kind<Value, Shown>,
  options: Options,
) {
  return { ...options, kind, select };
}

/** Columns by the names of their fields. */
export type Columns = Readonly<Record<string, Column<unknown> & { kind: Kind<unknown, unknown>; select: string }>>;

/** The fields that columns are read into. */
export type Values<T extends Columns> = {
  readonly [Field in keyof T]: T[Field]['kind'] extends Kind<infer Value, unknown> ? Value : never;
};

/** What columns show, under its names on the wire. */
export type Shown<T extends Columns> = {
  [Field in keyof T as T[Field] extends { wire: infer Wire extends string } ? Wire : never]: T[Field] extends {
    show(value: never): infer Value;
  }
    ? Value
    : ReturnType<T[Field]['kind']['show']>;
};

type Having<T extends Columns, Option> = { [Field in keyof T as T[Field] extends Option ? Field : never]: T[Field] };

/** The columns with an option that says yes. */
export function optionedBy<T extends Columns, Option extends 'sort' | 'filter'>(columns: T, option: Option) {
  const having = Object.values(columns).filter((options) => options[option] === true);
  return having as Having<T, Record<Option, true>>[keyof Having<T, Record<Option, true>>][];
}

/** The columns that lists read. */
export function listed<T extends Columns>(columns: T): Omit<T, keyof Having<T, { unlisted: true }>> {
  const read = Object.entries(columns).filter(([, { unlisted }]) => unlisted !== true);
  return Object.fromEntries(read) as Omit<T, keyof Having<T, { unlisted: true }>>;
}

/** The fields of a session that just began, as far as they are the same in all. */
export function born<T extends Columns>(columns: T): Values<Having<T, { born: unknown }>> {
  const given = Object.entries(columns).filter(([, options]) => Object.hasOwn(options, 'born'));
  const values: unknown = Object.fromEntries(given.map(([field, options]) => [field, options.born]));
  return values as Values<Having<T, { born: unknown }>>;
}

/** Makes what shows columns. */
export function shownBy<T extends Columns>(columns: T): (session: Values<T>) => Shown<T> {
  const shown = Object.entries(columns).flatMap(([field, { wire, show, kind }]) =>
    wire === undefined ? [] : [{ field, wire, show: show ?? kind.show }],
  );
  // Filling a copy takes half the time of making an object name by name.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(shown.map(({ wire }) => [wire, null]));
  return (session) => {
    const view = { ...blank };
    for (const { field, wire, show } of shown) view[wire] = show(session[field]);
    return view as Shown<T>;
  };
}

function same<Value>(value: Value): Value {
  return value;
}

/** A UUID. */
export const uuid: Kind<string> = { type: 'uuid', listType: 'uuid', write: same, show: same };

/** A text. */
export const text: Kind<string> = { type: 'text', listType: 'text', write: same, show: same };

/** A text of a set. */
export function oneOf<Value extends string>(): Kind<Value> {
  return { type: 'text', listType: 'text', write: same, show: same };
}

/** A whole number. */
export const integer: Kind<number> = { type: 'integer', listType: 'integer', write: same, show: same };

/** A yes or no. */
export const boolean: Kind<boolean> = { type: 'boolean', listType: 'boolean', write: same, show: same };

/** An instant, in milliseconds of the epoch. */
export const instant: Kind<number, string> = {
  type: 'timestamptz',
  listType: 'instant',
  write: isoInstant,
  show: wireDate,
};

/** What may be absent. */
export function maybe<Value, Shown>(kind: Kind<Value, Shown>): Kind<Value | null, Shown | null> {
  return {
    ...kind,
    nullable: true,
    write: (value) => (value === null ? null : kind.write(value)),
    show: (value) => (value === null ? null : kind.show(value)),
  };
}

/** A JSON value; to a list it is a text. */
export function json<Value>(type: 'json' | 'jsonb'): Kind<Value> {
  return { type, listType: 'text', write: (value) => (value === null ? null : JSON.stringify(value)), show: same };
}
