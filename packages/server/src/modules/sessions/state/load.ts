import { isAway, isRefused } from '../../../platform/breaks.ts';
import { prepared, type Queryable } from '../../../platform/database.ts';
import type { Columns, Values } from './column.ts';
import { clientColumns, storedColumns } from './columns.ts';
import { floorDisagrees } from './floor-columns.ts';
import type { HotSession } from './session.ts';

const columns = { ...storedColumns, ...clientColumns };
const selected = selectSessions(columns);
const find = prepared('session_load', `${selected} where s.id = $1`);
const findSome = prepared('sessions_load', `${selected} where s.id = any ($1::uuid[])`);
const fromRow = readerOf(columns);

/** Sessions that one statement reads. */
const TOGETHER = 16;

/** A session that somebody waits for. */
type Asked = PromiseWithResolvers<HotSession | undefined> & { readonly id: string };

/**
 * Reads sessions as the code works on them. Those that are asked for in one turn of the event loop, as when many end at
 * once, come with one statement: for the process and the database each costs most of what all of them do.
 */
export class SessionReader {
  readonly #database: Queryable;
  readonly #disagreed: (id: string) => void;
  /** Those that the next statement reads. */
  #asked = new Map<string, Asked>();

  /** @param disagreed hears of a row whose documented columns were written beside its floor */
  constructor(database: Queryable, disagreed: (id: string) => void) {
    this.#database = database;
    this.#disagreed = disagreed;
  }

  /** Reads a session; undefined where there is none. */
  read(id: string): Promise<HotSession | undefined> {
    const known = this.#asked.get(id);
    if (known !== undefined) return known.promise;
    const asked = { id, ...Promise.withResolvers<HotSession | undefined>() };
    if (this.#asked.size === 0) queueMicrotask(() => this.#send());
    this.#asked.set(id, asked);
    return asked.promise;
  }

  #send(): void {
    const asked = [...this.#asked.values()];
    this.#asked = new Map();
    for (let from = 0; from < asked.length; from += TOGETHER) {
      const some = asked.slice(from, from + TOGETHER);
      if (some.length === 1) for (const one of some) void this.#alone(one);
      else void this.#together(some);
    }
  }

  #alone({ id, resolve, reject }: Asked): Promise<void> {
    const rows = this.#database.query<Record<string, unknown>>(find, [id]);
    return rows.then(([row]) => resolve(this.#sessionOf(id, row))).catch(reject);
  }

  async #together(asked: readonly Asked[]): Promise<void> {
    let rows: Record<string, unknown>[];
    try {
      rows = await this.#database.query(findSome, [asked.map(({ id }) => id)]);
    } catch (error) {
      // What is wrong with one is nothing to the others.
      for (const one of asked) void (isRefused(error) && !isAway(error) ? this.#alone(one) : one.reject(error));
      return;
    }
    const byId = new Map(rows.map((row) => [row['id'], row]));
    for (const { id, resolve, reject } of asked) {
      try {
        resolve(this.#sessionOf(id, byId.get(id)));
      } catch (error) {
        reject(error);
      }
    }
  }

  #sessionOf(id: string, row: Record<string, unknown> | undefined): HotSession | undefined {
    if (row === undefined) return undefined;
    if (floorDisagrees(row)) this.#disagreed(id);
    return fromRow(row);
  }
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
