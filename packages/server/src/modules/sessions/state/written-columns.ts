import type { Columns } from './column.ts';
import { derivedColumns, originColumns, storedColumns, type DerivedColumn } from './columns.ts';
import type { HotSession } from './session.ts';

/** A column as a statement writes it, from what it is written from. */
interface WrittenColumn<Source> {
  readonly name: string;
  readonly type: string;
  readonly write: (source: Source) => unknown;
}

/** `A`; there are more columns than letters. */
const FIRST_SIGN = 65;

/** A column that a step can change. */
export interface StepColumn extends WrittenColumn<HotSession> {
  /** One character, of no other column. */
  readonly sign: string;
  readonly changed: (before: HotSession, after: HotSession) => boolean;
}

const stored = written(storedColumns);

/** What a step can change of a session; only what it did change is written. */
export const stepColumns: readonly StepColumn[] = signed([
  ...stored.filter(({ fixed }) => fixed !== true).map((column) => ({ ...column, changed: fieldChanged(column.field) })),
  ...derivedColumns.map((column) => ({
    ...column,
    changed: (before: HotSession, after: HotSession) =>
      anyChanged(column.from, before, after) && moved(column, before, after),
  })),
]);

function signed(columns: readonly Omit<StepColumn, 'sign'>[]): StepColumn[] {
  return columns.map((column, index) => ({ ...column, sign: String.fromCharCode(FIRST_SIGN + index) }));
}

function anyChanged(fields: readonly (keyof HotSession)[], before: HotSession, after: HotSession): boolean {
  for (const field of fields) if (before[field] !== after[field]) return true;
  return false;
}

function moved({ moved: differs, write }: DerivedColumn, before: HotSession, after: HotSession): boolean {
  return differs === undefined ? write(before) !== write(after) : differs(before, after);
}

/** What the row of a new session gets of the session. */
export const sessionInsert: readonly WrittenColumn<HotSession>[] = [...stored, ...derivedColumns];
/** What it gets of where the session came from. */
export const originInsert = written(originColumns);

function written<Field extends string>(columns: Readonly<Record<Field, Columns[string] & { readonly name: string }>>) {
  const own = (Object.keys(columns) as Field[]).filter((field) => columns[field].derived !== true);
  return own.map((field) => {
    const { name, kind, fixed } = columns[field];
    const write = (source: Readonly<Record<Field, unknown>>) => kind.write(source[field]);
    return { field, name, type: kind.type, fixed, write };
  });
}

function fieldChanged(field: keyof HotSession) {
  return (before: HotSession, after: HotSession) => before[field] !== after[field];
}
