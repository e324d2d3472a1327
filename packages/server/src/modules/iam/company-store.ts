import { Company, type ListPage, type ListQuery, type SettingValues } from '@molva/contract';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import type { Database } from '../../platform/database.ts';
import { hasText, column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { insertUser, type UserWrite } from './user-store.ts';
import { visibleTo, type Viewer } from './visibility.ts';

/** A company with the name of its reseller. */
export type CompanyRow = Pick<Selectable<Tables['companies']>, 'id' | 'name' | 'reseller_id' | 'created_at'> & {
  readonly reseller_name: string | null;
};

/** A company's first administrator as it is written. */
export type FirstAdministrator = UserWrite & { readonly email: string; readonly password_hash: string };

const list: ListSpec = {
  columns: {
    id: column('companies.id', 'integer'),
    name: column('companies.name', 'text'),
    resellerId: column('companies.reseller_id', 'integer'),
    resellerName: column('resellers.name', 'text'),
    createdAt: column('companies.created_at', 'instant'),
  },
  fallback: [{ field: 'id', direction: 'asc' }],
  ties: ['id'],
  fields: Object.keys(Company.properties),
};

const rowColumns = [
  'companies.id',
  'companies.name',
  'companies.reseller_id',
  'companies.created_at',
  'resellers.name as reseller_name',
] as const;

/** Whether any company exists: false on an empty database. */
export async function hasCompanies({ builder }: Database): Promise<boolean> {
  return (await builder.selectFrom('companies').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** A company whom the viewer may see. */
export async function findCompany(database: Database, id: number, viewer: Viewer): Promise<CompanyRow | undefined> {
  return visibleCompanies(database.builder, viewer)
    .select(rowColumns)
    .where('companies.id', '=', id)
    .executeTakeFirst();
}

/** A page of the companies whom the viewer may see. */
export async function listCompanies(
  database: Database,
  viewer: Viewer,
  query: ListQuery & { name?: string | undefined },
  view: (company: CompanyRow) => object,
): Promise<ListPage<object>> {
  const visible = visibleCompanies(database.lists.builder, viewer);
  const narrowed = query.name === undefined ? visible : visible.where(hasText('companies.name', query.name));
  return readList(query, list, narrowed, async (page) => (await page.select(rowColumns).execute()).map(view));
}

interface NewCompany {
  readonly name: string;
  readonly reseller_id: number | null;
}

/** A company as it was created, and its first administrator. */
interface Founded {
  readonly companyId: number;
  readonly userId: number;
}

/** Creates a company of a reseller with its first administrator; throws `email-taken` and `cap-reached`. */
export function insertCompany(
  { builder }: Database,
  company: NewCompany & { readonly reseller_id: number },
  admin: FirstAdministrator,
): Promise<Founded> {
  const owner = company.reseller_id;
  const counted = sql`from companies where reseller_id = ${owner}`;
  return withinCap(builder, { cap: 'companies', owner, counted }, (transaction) => found(transaction, company, admin));
}

/** The same where there is no company yet, of which one becomes true where several try at once; undefined where there is. */
export function insertFirstCompany(
  { builder }: Database,
  company: NewCompany,
  admin: FirstAdministrator,
): Promise<Founded | undefined> {
  return builder.transaction().execute(async (transaction) => {
    await sql`lock table companies in share row exclusive mode`.execute(transaction);
    const there = await transaction.selectFrom('companies').select('id').limit(1).executeTakeFirst();
    return there === undefined ? found(transaction, company, admin) : undefined;
  });
}

async function found(
  transaction: Transaction<Tables>,
  company: NewCompany,
  admin: FirstAdministrator,
): Promise<Founded> {
  const { id: companyId } = await transaction
    .insertInto('companies')
    .values(company)
    .returning('id')
    .executeTakeFirstOrThrow();
  const roles = ['ADMIN', 'SUPERVISOR', 'OPERATOR'];
  return { companyId, userId: await insertUser(transaction, { ...admin, roles, company_id: companyId }) };
}

/** Renames a company whom the viewer may see; false where there is none. */
export async function renameCompany(database: Database, id: number, viewer: Viewer, name: string): Promise<boolean> {
  const { numUpdatedRows } = await database.builder
    .updateTable('companies')
    .set({ name })
    .where('id', '=', id)
    .where((of) => visibleTo(of, viewer))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** The settings of a company whom the viewer may see. */
export async function companySettings(
  { builder }: Database,
  id: number,
  viewer: Viewer,
): Promise<SettingValues | undefined> {
  const row = await visibleCompanies(builder, viewer)
    .select('companies.settings')
    .where('companies.id', '=', id)
    .executeTakeFirst();
  return row?.settings;
}

/** The same while the company's row is kept from other changes. */
export async function lockCompanySettings(
  transaction: Transaction<Tables>,
  id: number,
  viewer: Viewer,
): Promise<SettingValues | undefined> {
  const row = await transaction
    .selectFrom('companies')
    .select('settings')
    .where('id', '=', id)
    .where((of) => visibleTo(of, viewer))
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row?.settings;
}

/** Writes the settings of a company. */
export async function writeCompanySettings(
  transaction: Transaction<Tables>,
  id: number,
  settings: SettingValues,
): Promise<void> {
  await transaction
    .updateTable('companies')
    .set({ settings: JSON.stringify(settings) })
    .where('id', '=', id)
    .execute();
}

/** The settings of a company, whoever asks. */
export async function settingsOf({ builder }: Database, id: number): Promise<SettingValues> {
  const row = await builder.selectFrom('companies').select('settings').where('id', '=', id).executeTakeFirst();
  return row?.settings ?? {};
}

/** The reseller of a company: null where it has none, undefined where there is no such company. */
export async function resellerOf({ builder }: Database, id: number): Promise<number | null | undefined> {
  const row = await builder.selectFrom('companies').select('reseller_id').where('id', '=', id).executeTakeFirst();
  return row?.reseller_id;
}

function visibleCompanies(builder: Kysely<Tables>, viewer: Viewer) {
  return builder
    .selectFrom('companies')
    .leftJoin('companies as resellers', 'resellers.id', 'companies.reseller_id')
    .where((of) => visibleTo(of, viewer));
}
