import { BotListItem, MAX_LIMIT, type ListPage, type ListQuery } from '@molva/contract';
import type { Selectable } from 'kysely';
import type { Database } from '../../platform/database.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
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

/** What the list of bots can do; all of them are answered by default, as the documented list does. */
export const botList: ListSpec = {
  columns: {
    id: column('bots.id', 'uuid'),
    name: column('bots.name', 'text'),
    language: column('bots.language', 'text'),
    createdAt: column('bots.created_at', 'instant'),
    updatedAt: column('bots.updated_at', 'instant'),
  },
  fallback: [
    { field: 'createdAt', direction: 'asc' },
    { field: 'updatedAt', direction: 'asc' },
  ],
  unique: 'id',
  fields: Object.keys(BotListItem.properties),
  defaultLimit: MAX_LIMIT,
};

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

  /** A page of the company's bots, of the deleted ones or of the others. */
  page(
    companyId: number,
    deleted: boolean,
    query: ListQuery,
    view: (row: BotRow) => object,
  ): Promise<ListPage<object>> {
    const narrowed = this.#database.builder
      .selectFrom('bots')
      .where('company_id', '=', companyId)
      .where('deleted_at', deleted ? 'is not' : 'is', null);
    return readList(query, botList, narrowed, async (page) => (await page.selectAll().execute()).map(view));
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
}
