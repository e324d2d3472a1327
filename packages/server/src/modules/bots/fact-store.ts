import { Fact, type ListPage, type ListQuery, type ScalarValue } from '@molva/contract';
import { sql, type RawBuilder, type Selectable } from 'kysely';
import { databaseError, UNIQUE_VIOLATION, type Database } from '../../platform/database.ts';
import { badField } from '../../platform/failure.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { scalarOf, type FactWrite } from './scenario/index.ts';

/** A row of `facts`. */
export type FactRow = Pick<Selectable<Tables['facts']>, (typeof columns)[number]>;

/** A fact as it is written; without a value the one there is stays. `now` is ISO text. */
export interface NamedFact {
  readonly id: string;
  readonly companyId: number;
  readonly botId: string;
  readonly clientId: string;
  readonly context: string;
  readonly name: string;
  readonly value: ScalarValue | undefined;
  readonly now: string;
}

/** Which facts of a company a list shows; the instants are ISO text and bound the creation. */
export interface FactFilter {
  readonly botId?: string;
  readonly clientId?: string;
  readonly context?: string;
  readonly name?: string;
  readonly from?: string;
  readonly to?: string;
}

const columns = ['id', 'bot_id', 'client_id', 'context', 'name', 'value', 'created_at', 'updated_at'] as const;

const factList: ListSpec = {
  columns: {
    id: column('facts.id', 'uuid'),
    botId: column('facts.bot_id', 'uuid'),
    clientId: column('facts.client_id', 'uuid'),
    context: column('facts.context', 'text'),
    name: column('facts.name', 'text'),
    createdAt: column('facts.created_at', 'instant'),
    updatedAt: column('facts.updated_at', 'instant'),
  },
  fallback: [{ field: 'createdAt', direction: 'desc' }],
  ties: ['id'],
  fields: Object.keys(Fact.properties),
  bytes: sql`octet_length(facts.value::text)`,
};

/** Facts that a turn of a bot knows, and characters of their values together; of more, the ones written last. */
const MOST_KNOWN = 1000;
const MOST_CHARACTERS = 1_048_576;
const known = {
  name: 'facts_known',
  text: `select context, name, value from (
      select context, name, value, sum(length(value::text)) over (order by updated_at desc, id) as characters from (
        select id, context, name, value, updated_at from facts
        where company_id = $1 and bot_id = $2 and client_id = $3 order by updated_at desc, id limit ${MOST_KNOWN}) newest) known
    where characters <= ${MOST_CHARACTERS}`,
};

/** SQL of the facts. */
export class FactStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What a bot keeps about a client. */
  async known(companyId: number, botId: string, clientId: string): Promise<readonly FactWrite[]> {
    const rows = await this.#database.query<{ context: string; name: string; value: unknown }>(known, [
      companyId,
      botId,
      clientId,
    ]);
    return rows.map(({ context, name, value }) => ({ context, name, value: scalarOf(value) }));
  }

  /** A page of the company's facts. */
  page(
    companyId: number,
    filter: FactFilter,
    query: ListQuery,
    view: (row: FactRow) => object,
  ): Promise<ListPage<object>> {
    const { botId, clientId, context, name, from, to } = filter;
    let narrowed = this.#database.lists.builder.selectFrom('facts').where('company_id', '=', companyId);
    if (botId !== undefined) narrowed = narrowed.where('bot_id', '=', botId);
    if (clientId !== undefined) narrowed = narrowed.where('client_id', '=', clientId);
    if (context !== undefined) narrowed = narrowed.where('context', '=', context);
    if (name !== undefined) narrowed = narrowed.where('name', '=', name);
    if (from !== undefined) narrowed = narrowed.where('created_at', '>=', instant(from));
    if (to !== undefined) narrowed = narrowed.where('created_at', '<=', instant(to));
    return readList(query, factList, narrowed, async (page) => (await page.select(columns).execute()).map(view));
  }

  /** Writes a fact under its bot, client, context and name; answers the id it has there. */
  async save(fact: NamedFact): Promise<string> {
    const { id, companyId, botId, clientId, context, name, value, now } = fact;
    const row = await this.#database.builder
      .insertInto('facts')
      .values({
        id,
        company_id: companyId,
        bot_id: botId,
        client_id: clientId,
        context,
        name,
        value: JSON.stringify(value ?? null),
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['company_id', 'bot_id', 'client_id', 'context', 'name'])
          .doUpdateSet({ updated_at: now, ...valueOf(value) }),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  }

  /** Changes the fact of an id; false where there is none. Throws `invalid-input` where another has its place. */
  async change({ id, companyId, botId, clientId, context, name, value, now }: NamedFact): Promise<boolean> {
    try {
      const { numUpdatedRows } = await this.#database.builder
        .updateTable('facts')
        .set({ bot_id: botId, client_id: clientId, context, name, updated_at: now, ...valueOf(value) })
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    } catch (error) {
      if (databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
      throw badField('name', 'another fact of this bot and client has this context and name');
    }
  }

  /** Forgets a fact; false where there is none. */
  async remove(id: string, companyId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#database.builder
      .deleteFrom('facts')
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }
}

function valueOf(value: ScalarValue | undefined): { value?: string } {
  return value === undefined ? {} : { value: JSON.stringify(value) };
}

function instant(text: string): RawBuilder<number> {
  return sql<number>`${text}::timestamptz`;
}
