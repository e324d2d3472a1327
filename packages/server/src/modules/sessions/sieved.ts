import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Tables } from '../../platform/tables.ts';
import type { Window } from '../../platform/list.ts';
import { MOST_COUNTED, type Narrowed, type Sieve } from './list-filter.ts';

/** Where a smaller share of these passes, few of all records do. */
const SPARSE = 0.05;

/** How many records are looked at one by one, before it is done from the other end. */
export interface Patience {
  /** For a page: what the order of an index leads to lies scattered over the table. */
  readonly walk: number;
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
export class SievedRecords {
  readonly #builder: Kysely<Tables>;
  readonly #sieves: readonly Sieve[];
  readonly #patience: Patience;

  constructor(builder: Kysely<Tables>, sieves: readonly Sieve[], patience: Patience) {
    this.#builder = builder;
    this.#sieves = sieves;
    this.#patience = patience;
  }

  /** The ids of a window of what passes; `inOrder` are the narrowed records in their order. */
  async ids(inOrder: Narrowed, { limit, offset }: Window): Promise<string[]> {
    const { walk } = this.#patience;
    // The last row, without an id, is there only where the walk came to the end of the records.
    const { rows } = await sql<{ id: string | null }>`
      with walked as materialized (${inOrder.select(['s.id', () => this.#passes]).limit(walk)})
      (select id from walked where passes limit ${limit} offset ${offset})
      union all select null::uuid where (select count(*) from walked) < ${walk}
      limit ${limit}`.execute(this.#builder);
    const ids = rows.flatMap(({ id }) => id ?? []);
    if (rows.length === limit || rows.length > ids.length) return ids;
    const found = await this.amongIds(inOrder).select('s.id').limit(limit).offset(offset).execute();
    return found.map(({ id }) => id);
  }

  /**
   * How many pass, counted up to a bound.
   * @param all whether the records are all that the company has
   */
  async count(narrowed: Narrowed, all: boolean): Promise<number> {
    const [first, ...others] = this.#sieves;
    const alone = all && others.length === 0;
    if (alone && first?.lazy === true) return this.#count(this.#someIds());
    const { count, sample } = this.#patience;
    const newest = await this.#sample(narrowed, sample);
    if (newest.walked < sample) return newest.passing;
    const share = newest.passing / sample;
    const dense = share * count >= MOST_COUNTED;
    // With little that passes there are less ids than records.
    const few = share < SPARSE ? MOST_COUNTED : count;
    if (dense || !(await this.#exceed(narrowed, few))) {
      const walked = this.#walked(narrowed, dense ? count : few);
      const passing = await this.#count(sql`select from (${walked}) as walked where passes limit ${MOST_COUNTED}`);
      if (!dense || passing === MOST_COUNTED || !(await this.#exceed(narrowed, count))) return passing;
    }
    return this.#count(alone ? this.#someIds() : this.#joined(narrowed));
  }

  /** The records that pass, found from their ids. */
  amongIds(narrowed: Narrowed): Narrowed {
    const [first, ...others] = this.#sieves;
    // As an array they are looked up one by one: the planner, who knows not how many, would read all records instead.
    const among = (ids: RawBuilder<unknown>) => sql<boolean>`s.id in (select unnest(array(${ids})))`;
    const found = first === undefined ? narrowed : narrowed.where(among(first.ids));
    return others.reduce((records, { passes }) => records.where(passes), found);
  }

  #someIds(): RawBuilder<unknown> {
    return sql`${this.#sieves[0]?.ids} limit ${MOST_COUNTED}`;
  }

  /** As many ids as are counted, each with its record: one by one, so that it ends with the last of them. */
  #joined(narrowed: Narrowed): RawBuilder<unknown> {
    const [first, ...others] = this.#sieves;
    const kept = others.reduce((records, { passes }) => records.where(passes), narrowed);
    const record = kept.where(sql<boolean>`s.id = found.id`).select(() => sql`1`.as('one'));
    // Without an offset the planner would turn it into a join of all with all.
    return sql`select from (${first?.ids}) as found (id), lateral (${record.offset(0)}) as record limit ${MOST_COUNTED}`;
  }

  get #passes() {
    const all = this.#sieves.map(({ passes }) => passes);
    return sql<boolean>`${sql.join(all, sql` and `)}`.as('passes');
  }

  /** The newest records, each with whether it passes. */
  #walked(narrowed: Narrowed, most: number) {
    return narrowed
      .select(() => this.#passes)
      .orderBy('s.started_at', 'desc')
      .limit(most);
  }

  async #sample(narrowed: Narrowed, most: number): Promise<{ walked: number; passing: number }> {
    const { rows } = await sql<{ walked: number; passing: number }>`
      select count(*) as walked, count(*) filter (where passes) as passing
      from (${this.#walked(narrowed, most)}) as walked`.execute(this.#builder);
    return rows[0] ?? { walked: 0, passing: 0 };
  }

  async #exceed(narrowed: Narrowed, number: number): Promise<boolean> {
    const some = narrowed.select(() => sql`1`.as('one')).limit(number + 1);
    return (await this.#count(sql`${some}`)) > number;
  }

  async #count(records: RawBuilder<unknown>): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*) as count from (${records}) as counted`.execute(
      this.#builder,
    );
    return rows[0]?.count ?? 0;
  }
}
