import { Attribute, type AttributeValues, type ListPage, type ListQuery, type ScalarValue } from '@molva/contract';
import { sql, type Selectable } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import { databaseError, UNIQUE_VIOLATION, type Database } from '../../platform/database.ts';
import { Failure, notFound } from '../../platform/failure.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import { jsonBytes } from '../../platform/stored-size.ts';
import type { Tables } from '../../platform/tables.ts';
import type { GivenName } from './names.ts';

/** An attribute as it is listed. */
export type AttributeRow = Pick<Selectable<Tables['client_attributes']>, (typeof columns)[number]>;

/** An attribute of a client: null where nothing is known. */
export interface AttributeOfClient {
  readonly id: string;
  readonly name: string;
  readonly value: ScalarValue;
}

/** Bytes that all values of a client have together: they are answered with it. */
const MOST_BYTES = 262_144;

const columns = ['id', 'name', 'created_at', 'updated_at'] as const;

const attributeList: ListSpec = {
  columns: {
    id: column('client_attributes.id', 'uuid'),
    name: column('client_attributes.name', 'text'),
    createdAt: column('client_attributes.created_at', 'instant'),
    updatedAt: column('client_attributes.updated_at', 'instant'),
  },
  fallback: [{ field: 'name', direction: 'asc' }],
  ties: ['id'],
  fields: Object.keys(Attribute.properties),
};

/** SQL of attributes and their values. Instants are written as ISO text. */
export class AttributeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of the company's attributes. */
  page(companyId: number, query: ListQuery, view: (row: AttributeRow) => object): Promise<ListPage<object>> {
    const narrowed = this.#database.lists.builder.selectFrom('client_attributes').where('company_id', '=', companyId);
    return readList(query, attributeList, narrowed, async (page) => (await page.select(columns).execute()).map(view));
  }

  /** Throws `name-taken` and `cap-reached`. */
  async insert(id: string, companyId: number, { name, key }: GivenName, now: string): Promise<void> {
    const counted = sql`from client_attributes where company_id = ${companyId}`;
    await orNameTaken(() =>
      withinCap(this.#database.builder, { cap: 'attributes', owner: companyId, counted }, (transaction) =>
        transaction
          .insertInto('client_attributes')
          .values({ id, company_id: companyId, name, name_key: key, created_at: now, updated_at: now })
          .execute(),
      ),
    );
  }

  /** False where there is none. Throws `name-taken`. */
  async rename(id: string, companyId: number, { name, key }: GivenName, now: string): Promise<boolean> {
    const { numUpdatedRows } = await orNameTaken(() =>
      this.#database.builder
        .updateTable('client_attributes')
        .set({ name, name_key: key, updated_at: now })
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .executeTakeFirstOrThrow(),
    );
    return numUpdatedRows > 0n;
  }

  /** Deletes an attribute and its values; false where there is none. */
  async remove(id: string, companyId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#database.builder
      .deleteFrom('client_attributes')
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** Every attribute of the company with what is known of the client, by name. */
  async ofClient(companyId: number, clientId: string): Promise<readonly AttributeOfClient[]> {
    const rows = await this.#database.builder
      .selectFrom('client_attributes as a')
      .leftJoin('client_attribute_values as v', (join) =>
        join
          .onRef('v.company_id', '=', 'a.company_id')
          .onRef('v.attribute_id', '=', 'a.id')
          .on('v.client_id', '=', clientId),
      )
      .where('a.company_id', '=', companyId)
      .select(['a.id', 'a.name', 'v.value'])
      .orderBy('a.name_key')
      .execute();
    return rows.map(({ id, name, value }) => ({ id, name, value: value as ScalarValue }));
  }

  /**
   * Sets values of a client by lower-case attribute id, all or none; null clears. Throws `entity-not-found` for an
   * unknown client, `invalid-input` with the ids no attribute of the company has, and `data-too-large`.
   */
  async setValues(companyId: number, clientId: string, values: AttributeValues, now: string): Promise<void> {
    await this.#database.builder.transaction().execute(async (transaction) => {
      // Changes of one client follow one another.
      const client = await transaction
        .updateTable('clients')
        .set({ updated_at: now })
        .where('company_id', '=', companyId)
        .where('id', '=', clientId)
        .returning('id')
        .executeTakeFirst();
      if (client === undefined) throw notFound();
      const ids = Object.keys(values);
      if (ids.length === 0) return;
      // As text, so that what is no id is merely unknown; held, so that none is deleted meanwhile.
      const rows = await transaction
        .selectFrom('client_attributes')
        .select('id')
        .where('company_id', '=', companyId)
        .where(sql<string>`id::text`, 'in', ids)
        .orderBy('id')
        .forKeyShare()
        .execute();
      const known = new Set(rows.map(({ id }) => id));
      const unknown = ids.filter((id) => !known.has(id));
      if (unknown.length > 0) {
        throw new Failure(
          'invalid-input',
          Object.fromEntries(unknown.map((id) => [id, ['there is no attribute of this id']])),
        );
      }
      await transaction
        .deleteFrom('client_attribute_values')
        .where('company_id', '=', companyId)
        .where('client_id', '=', clientId)
        .where('attribute_id', 'in', ids)
        .execute();
      const kept = Object.entries(values).filter(([, value]) => value !== null);
      if (kept.length === 0) return;
      const { bytes } = await transaction
        .selectFrom('client_attribute_values')
        .select(sql<number>`coalesce(sum(octet_length(value::text)), 0)::integer`.as('bytes'))
        .where('company_id', '=', companyId)
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow();
      // Others may hold more than there is room for, from before there was a limit: what is set now is not added to them.
      if (bytes + jsonBytes(Object.fromEntries(kept)) > MOST_BYTES) throw new Failure('data-too-large');
      await transaction
        .insertInto('client_attribute_values')
        .values(
          kept.map(([id, value]) => ({
            company_id: companyId,
            client_id: clientId,
            attribute_id: id,
            value: JSON.stringify(value),
          })),
        )
        .execute();
    });
  }
}

/** The work, its failure named where another row of the company has the name. */
export async function orNameTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (databaseError(error)?.code === UNIQUE_VIOLATION) throw new Failure('name-taken');
    throw error;
  }
}
