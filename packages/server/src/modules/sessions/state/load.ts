import { prepared, type Queryable } from '../../../platform/database.ts';
import type { Columns, Values } from './column.ts';
import { clientColumns, storedColumns } from './columns.ts';
import { floorDisagrees } from './floor-columns.ts';
import type { HotSession } from './session.ts';

const columns = { ...storedColumns, ...clientColumns };
const find = prepared('session_load', `${selectSessions(columns)} where s.id = $1`);
const fromRow = readerOf(columns);

/**
 * Reads a session as the code works on it; undefined where there is none.
 * @param disagreed hears of a row whose documented columns were written beside its floor
 */
export async function loadSession(
  database: Queryable,
  id: string,
  disagreed: (id: string) => void,
): Promise<HotSession | undefined> {
  const [row] = await database.query<Record<string, unknown>>(find, [id]);
  if (row !== undefined && floorDisagrees(row)) disagreed(id);
  return row && fromRow(row);
}

/** Selects columns of sessions `s` and their clients `c` under the names of their fields. */
export function selectSessions(selected: Columns): string {
  const fields = Object.entries(selected).map(([field, { select }]) => `${select} as "${field}"`);
  return `select ${fields.join(', ')}
    from sessions s join clients c on c.company_id = s.company_id and c.id = s.client_id`;
}

/** Makes what turns a row of selected columns into their fields, in place: most are what was selected. */
export function readerOf<T extends Columns>(selected: T): (row: Record<string, unknown>) => Values<T> {
  const made = Object.entries(selected).flatMap(([field, { read }]) => (read === undefined ? [] : [{ field, read }]));
  return (row) => {
    for (const { field, read } of made) row[field] = read(row);
    return row as Values<T>;
  };
}
