import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Tables } from '../../../platform/tables.ts';
import type { Window } from '../../../platform/list-window.ts';
import { MOST_COUNTED, type Narrowed, type Records, type Sieve } from './list-filter.ts';

/** Records that must pass for their share to be one to go by, and how far it may mislead. */
const ENOUGH = 10;
const MARGIN = 1.3;
/** Where a smaller share of these passes, few of all records do. */
const SPARSE = 0.05;

/** How many records are looked at one by one, before it is done from the other end. */
export interface Patience {
  /** For a page: what the order of an index leads to lies scattered over the table. */
  readonly walk: number;
  /** For a page, where it showed that so many lead there. */
  readonly far: number;
  /** For the count: the newest records, which lie together. */
  readonly count: number;
  /** To learn how much passes. */
  readonly sample: number;
}

/**
 * Reads of narrowed records through sieves. What half of all records pass is found at once by walking through them in
 * the order of an index, and slowly from the other end, where hundreds of thousands of ids are to be joined and sorted;
 * with what few pass it is the other way round. No estimate of the planner knows which it is, so it is tried.
 */
export class TwoEndedSearch {
  readonly #builder: Kysely<Tables>;
  readonly #records: Records;
  readonly #sieves: readonly Sieve[];
  readonly #patience: Patience;

  constructor(builder: Kysely<Tables>, records: Records, sieves: readonly Sieve[], patience: Patience) {
    this.#builder = builder;
    this.#records = records;
    this.#sieves = sieves;
    this.#patience = patience;
  }

  /** The ids of a window of what passes, in an order. */
  async ids(inOrder: (records: Narrowed) => Narrowed, window: Window): Promise<string[]> {
    const { walk, far } = this.#patience;
    const first = await this.#walk(inOrder, window, walk);
    if (first.done) return first.ids;
    const needed = Math.ceil((MARGIN * walk * (window.offset + window.limit)) / first.passing);
    if (first.passing >= ENOUGH && needed <= far) {
      const second = await this.#walk(inOrder, window, needed);
      if (second.done) return second.ids;
    }
    const found = inOrder(this.passing()).select('s.id').limit(window.limit).offset(window.offset);
    return (await found.execute()).map(({ id }) => id);
  }

  /** Walks through so many records; done where the window was filled, or the records came to an end. */
  async #walk(
    inOrder: (records: Narrowed) => Narrowed,
    { limit, offset }: Window,
    most: number,
  ): Promise<{ ids: string[]; done: boolean; passing: number }> {
    const walked = inOrder(this.#records()).select(['s.id', () => this.#passes]);
    // The last row, without an id, is made only where the window was not filled.
    const { rows } = await sql<{ id: string | null; walked: number; passing: number }>`
      with walked as materialized (${walked.limit(most)})
      (select id, 0 as walked, 0 as passing from walked where passes limit ${limit} offset ${offset})
      union all select null::uuid, count(*), count(*) filter (where passes) from walked
      limit ${limit}`.execute(this.#builder);
    const ids = rows.flatMap(({ id }) => id ?? []);
    const end = rows.find(({ id }) => id === null);
    return { ids, done: end === undefined || end.walked < most, passing: end?.passing ?? ids.length };
  }

  /**
   * How many pass, counted up to a bound.
   * @param all whether the records are all that the company has
   */
  async count(all: boolean): Promise<number> {
    const [first, ...others] = this.#sieves;
    const alone = all && others.length === 0;
    if (alone && first?.lazy === true) return this.#count(this.#someIds());
    const { count, sample } = this.#patience;
    const newest = await this.#sample(sample);
    if (newest.walked < sample) return newest.passing;
    const share = newest.passing / sample;
    const dense = share * count >= MOST_COUNTED;
    // With little that passes there are less ids than records.
    const few = share < SPARSE ? MOST_COUNTED : count;
    if (dense || !(await this.#exceed(few))) {
      const walked = this.#walked(dense ? count : few);
      const passing = await this.#count(sql`select from (${walked}) as walked where passes limit ${MOST_COUNTED}`);
      if (!dense || passing === MOST_COUNTED || !(await this.#exceed(count))) return passing;
    }
    if (alone) return this.#count(this.#someIds());
    const some = this.passing().select(() => sql`1`.as('one'));
    return this.#count(sql`${some.limit(MOST_COUNTED)}`);
  }

  /** The records that pass, found from their ids, one after another. */
  passing(): Narrowed {
    const [first, ...others] = this.#sieves;
    return others.reduce((records, { passes }) => records.where(passes), this.#records(first?.ids));
  }

  #someIds(): RawBuilder<unknown> {
    return sql`${this.#sieves[0]?.ids} limit ${MOST_COUNTED}`;
  }

  get #passes() {
    const all = this.#sieves.map(({ passes }) => passes);
    return sql<boolean>`${sql.join(all, sql` and `)}`.as('passes');
  }

  /** The newest records, each with whether it passes. */
  #walked(most: number) {
    const newest = this.#records().orderBy('s.started_at', 'desc').limit(most);
    return newest.select(() => this.#passes);
  }

  async #sample(most: number): Promise<{ walked: number; passing: number }> {
    const { rows } = await sql<{ walked: number; passing: number }>`
      select count(*) as walked, count(*) filter (where passes) as passing
      from (${this.#walked(most)}) as walked`.execute(this.#builder);
    return rows[0] ?? { walked: 0, passing: 0 };
  }

  async #exceed(number: number): Promise<boolean> {
    const some = this.#records()
      .orderBy('s.started_at', 'desc')
      .limit(number + 1);
    return (await this.#count(sql`${some.select(() => sql`1`.as('one'))}`)) > number;
  }

  async #count(records: RawBuilder<unknown>): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*) as count from (${records}) as counted`.execute(
      this.#builder,
    );
    return rows[0]?.count ?? 0;
  }
}
