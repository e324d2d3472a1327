import { sql, type Selectable } from 'kysely';
import type { Database } from '../../platform/database.ts';
import type { Order, Window } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';

/** A row of `bots`. */
export type BotRow = Selectable<Tables['bots']>;

/** A bot as it is written; `now` is ISO text, `by` the user who wrote it. */
export interface BotWrite {
  readonly id: string;
  readonly companyId: number;
  readonly name: string;
  readonly language: string;
  readonly scenario: unknown;
  readonly now: string;
  readonly by: number | null;
}

/** Columns the list can be sorted by, by their wire names. */
export const botSortColumns = { name: 'name', createdAt: 'created_at', updatedAt: 'updated_at' } as const;
type SortColumn = (typeof botSortColumns)[keyof typeof botSortColumns];

/** SQL of the bots' own table. */
export class BotStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A bot of the company, deleted or not. */
  async find(id: string, companyId: number): Promise<BotRow | undefined> {
    return this.#database.builder
      .selectFrom('bots')
      .selectAll()
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .executeTakeFirst();
  }

  async page(
    companyId: number,
    deleted: boolean,
    window: Window,
    order: readonly Order<SortColumn>[],
  ): Promise<BotRow[]> {
    let query = this.#of(companyId, deleted).selectAll();
    for (const { column, direction } of order) query = query.orderBy(column, direction);
    return query.orderBy('id').limit(window.limit).offset(window.offset).execute();
  }

  async count(companyId: number, deleted: boolean): Promise<number> {
    const query = this.#of(companyId, deleted).select((of) => of.fn.countAll<number>().as('count'));
    return (await query.executeTakeFirstOrThrow()).count;
  }

  async insert(bot: BotWrite): Promise<void> {
    await this.#database.builder
      .insertInto('bots')
      .values({
        id: bot.id,
        company_id: bot.companyId,
        name: bot.name,
        language: bot.language,
        kind: 'scenario',
        scenario: JSON.stringify(bot.scenario),
        created_at: bot.now,
        updated_at: bot.now,
        updated_by: bot.by,
        deleted_at: null,
      })
      .execute();
  }

  async update(bot: BotWrite): Promise<void> {
    await this.#database.builder
      .updateTable('bots')
      .set({
        name: bot.name,
        language: bot.language,
        scenario: JSON.stringify(bot.scenario),
        updated_at: bot.now,
        updated_by: bot.by,
      })
      .where('id', '=', bot.id)
      .where('company_id', '=', bot.companyId)
      .execute();
  }

  #of(companyId: number, deleted: boolean) {
    return this.#database.builder
      .selectFrom('bots')
      .where('company_id', '=', companyId)
      .where(sql<boolean>`(deleted_at is not null) = ${deleted}`);
  }
}
