import { BotListItem, MAX_LIMIT, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type Selectable } from 'kysely';
import { withinCap, type Capped } from '../../platform/caps.ts';
import type { Database } from '../../platform/database.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import type { Vault } from '../../platform/vault.ts';
import { openWebhook, sealWebhook } from './sealed-webhook.ts';
import type { WebhookSettings } from './webhook-bot.ts';

/** A row of `bots`, its webhook opened. */
export type BotRow = Omit<Selectable<Tables['bots']>, 'webhook'> & { readonly webhook: WebhookSettings | null };
/** What the list shows of a bot: not its scenario, which can be long. */
export type BotListRow = Pick<BotRow, (typeof listColumns)[number]>;

/** What answers for a bot; exactly one of the two is not null. */
export interface BotSourceWrite {
  readonly scenario: Readonly<Record<string, unknown>> | null;
  readonly webhook: BotRow['webhook'];
}

/** A bot as it is written; `now` is ISO text, `by` the user who wrote it. */
export interface BotWrite {
  readonly id: string;
  readonly companyId: number;
  readonly name: string;
  readonly language: string;
  readonly source: BotSourceWrite;
  readonly now: string;
  readonly by: number | null;
}

/** A change of a bot: what is not given stays. */
export type BotChange = Pick<BotWrite, 'id' | 'companyId' | 'now' | 'by'> &
  Partial<Pick<BotWrite, 'name' | 'language' | 'source'>> & { readonly deleted?: boolean };

/** Which bots of a company a list shows. */
export interface BotFilter {
  readonly deleted: boolean;
  /** Nothing fits what is asked for. */
  readonly none: boolean;
}

const listColumns = [
  'id',
  'name',
  'company_id',
  'language',
  'kind',
  'created_at',
  'updated_at',
  'updated_by',
  'deleted_at',
] as const;
const columns = [...listColumns, 'scenario', 'webhook'] as const;

/** What the list of bots can do; all of them are answered by default, as the documented list does. */
export const botList: ListSpec = {
  columns: {
    id: column('bots.id', 'uuid'),
    name: column('bots.name', 'text'),
    language: column('bots.language', 'text'),
    solver: column('bots.kind', 'text'),
    createdAt: column('bots.created_at', 'instant'),
    updatedAt: column('bots.updated_at', 'instant'),
    updatedBy: { sql: sql`coalesce(bots.updated_by, 0)`, type: 'integer' },
    deletedAt: column('bots.deleted_at', 'instant'),
  },
  fallback: [
    { field: 'createdAt', direction: 'asc' },
    { field: 'updatedAt', direction: 'asc' },
  ],
  ties: ['id'],
  // The last four belong to the documented list and have no meaning here: asked for, they are left out.
  fields: [...Object.keys(BotListItem.properties), 'nlp', 'critic', 'tuner', 'problemGenerator'],
  defaultLimit: MAX_LIMIT,
};

/** SQL of the bots' own table. */
export class BotStore {
  readonly #database: Database;

  readonly #vault: Vault;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /** A bot of the company, deleted or not. */
  async find(id: string, companyId: number): Promise<BotRow | undefined> {
    const row = await this.#database.builder
      .selectFrom('bots')
      .select(columns)
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .executeTakeFirst();
    return row && this.#opened(row);
  }

  /** A bot, deleted or not, whichever company owns it. */
  async findAnywhere(id: string): Promise<BotRow | undefined> {
    const row = await this.#database.builder.selectFrom('bots').select(columns).where('id', '=', id).executeTakeFirst();
    return row && this.#opened(row);
  }

  /** When a bot was changed last, deleting it among the changes; undefined where there is none. */
  async changedAt(id: string): Promise<number | undefined> {
    const row = await this.#database.builder
      .selectFrom('bots')
      .select('updated_at')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.updated_at;
  }

  /** A page of the company's bots. */
  page(
    companyId: number,
    { deleted, none }: BotFilter,
    query: ListQuery,
    view: (row: BotListRow) => object,
  ): Promise<ListPage<object>> {
    const narrowed = this.#database.lists.builder
      .selectFrom('bots')
      .where('company_id', '=', companyId)
      .where('deleted_at', deleted ? 'is not' : 'is', null)
      .$if(none, (bots) => bots.where(sql<boolean>`false`));
    return readList(query, botList, narrowed, async (page) => (await page.select(listColumns).execute()).map(view));
  }

  /** Throws `cap-reached`. */
  async insert(bot: BotWrite): Promise<void> {
    const row = {
      id: bot.id,
      company_id: bot.companyId,
      name: bot.name,
      language: bot.language,
      ...this.#sourceColumns(bot.source, bot.id),
      created_at: bot.now,
      updated_at: bot.now,
      updated_by: bot.by,
      deleted_at: null,
    };
    await withinCap(this.#database.builder, cappedBots(bot.companyId), (transaction) =>
      transaction.insertInto('bots').values(row).execute(),
    );
  }

  /** Changes a bot that is not deleted; false where there is none. */
  async update(change: BotChange): Promise<boolean> {
    const { id, companyId, name, language, source, now, by, deleted } = change;
    const { numUpdatedRows } = await this.#database.builder
      .updateTable('bots')
      .set({
        ...(name === undefined ? {} : { name }),
        ...(language === undefined ? {} : { language }),
        ...(source === undefined ? {} : this.#sourceColumns(source, id)),
        ...(deleted === true ? { deleted_at: now } : {}),
        updated_at: now,
        updated_by: by,
      })
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  #opened(row: Selectable<Tables['bots']>): BotRow {
    return { ...row, webhook: row.webhook && openWebhook(row.webhook, row.id, this.#vault) };
  }

  #sourceColumns({ scenario, webhook }: BotSourceWrite, id: string) {
    return {
      kind: scenario === null ? 'webhook' : 'scenario',
      scenario: scenario === null ? null : JSON.stringify(scenario),
      webhook: webhook === null ? null : JSON.stringify(sealWebhook(webhook, id, this.#vault)),
    };
  }

  /** Brings a bot back; false where there is none. Throws `cap-reached`. */
  async recover({ id, companyId, now, by }: BotChange): Promise<boolean> {
    const { numUpdatedRows } = await withinCap(this.#database.builder, cappedBots(companyId), (transaction) =>
      transaction
        .updateTable('bots')
        .set({ deleted_at: null, updated_at: now, updated_by: by })
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .executeTakeFirstOrThrow(),
    );
    return numUpdatedRows > 0n;
  }
}

/** Deleted bots lie there for as long as sessions name them, and nobody has to read them. */
function cappedBots(companyId: number): Capped {
  return {
    cap: 'bots',
    owner: companyId,
    counted: sql`from bots where company_id = ${companyId} and deleted_at is null`,
  };
}
