import { UserListItem, type CreateUserBody, type ListPage, type ListQuery, type OperatorStatus } from '@molva/contract';
import { sql, type ExpressionBuilder, type Kysely, type Selectable, type Transaction } from 'kysely';
import { UNIQUE_VIOLATION, databaseError, type Database, type Queryable } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { emailKey } from './email-key.ts';
import { visibleTo, type Viewer } from './visibility.ts';

const userColumns = [
  'users.id',
  'users.company_id',
  'users.email',
  'users.first_name',
  'users.last_name',
  'users.middle_name',
  'users.phone',
  'users.roles',
  'users.settings',
  'users.blocked_at',
] as const;

type UserColumn<Column> = Column extends `users.${infer Name extends keyof Tables['users']}` ? Name : never;

/**
 * A user with its status as an operator and the names of its company and of that company's reseller; the password is
 * read where it is checked.
 */
export type UserRow = Pick<Selectable<Tables['users']>, UserColumn<(typeof userColumns)[number]>> & {
  readonly operator_status: OperatorStatus;
  readonly company_name: string;
  readonly reseller_id: number | null;
  readonly reseller_name: string | null;
};

/** What a login is checked against. */
export interface Credentials {
  readonly id: number;
  readonly company_id: number;
  readonly email: string;
  readonly password_hash: string;
  readonly blocked_at: number | null;
  readonly token_generation: number;
}

/** A user as tokens need it, while its row cannot change. */
export interface LockedUser extends Record<string, unknown> {
  readonly id: number;
  readonly company_id: number;
  readonly roles: string[];
  readonly token_generation: number;
}

/** A user's columns as they are written. */
export interface UserWrite {
  readonly email?: string;
  readonly password_hash?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly middle_name?: string;
  readonly phone?: string | null;
  readonly roles?: string[];
  readonly blocked_at?: string | null;
}

/** Addresses that are given keys at a start. */
const KEYED_AT_ONCE = 10_000;

type Person = Pick<CreateUserBody, 'firstName' | 'lastName' | 'middleName' | 'phone'>;

/** What the list can be narrowed by. */
export interface UserFilter {
  readonly companyId?: number | undefined;
  readonly userId?: readonly number[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly online?: boolean | undefined;
}

const list: ListSpec = {
  columns: {
    id: column('users.id', 'integer'),
    companyId: column('users.company_id', 'integer'),
    companyName: column('companies.name', 'text'),
    firstName: column('users.first_name', 'text'),
    lastName: column('users.last_name', 'text'),
    middleName: column('users.middle_name', 'text'),
    email: column('users.email', 'text'),
    phone: column('users.phone', 'text', true),
    blockedAt: column('users.blocked_at', 'instant', true),
    operatorStatus: column('seats.status', 'text', true),
    resellerId: column('companies.reseller_id', 'integer', true),
    resellerName: column('resellers.name', 'text', true),
  },
  fallback: [{ field: 'id', direction: 'asc' }],
  ties: ['id'],
  fields: Object.keys(UserListItem.properties),
};

/**
 * The user of an e-mail address with what its password is checked against. One without a key, as another has it, is found
 * by the address itself, in the database's own case.
 */
export async function findCredentials(database: Database, email: string): Promise<Credentials | undefined> {
  const itself = sql<boolean>`lower(email) = lower(${email})`;
  return selectCredentials(database)
    .where((of) => of.or([of('email_key', '=', emailKey(email)), of.and([of('email_key', 'is', null), itself])]))
    .orderBy(itself, 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Gives keys to the e-mail addresses that have none yet, as far as they are free. */
export async function keyEmails({ builder }: Database): Promise<void> {
  const unkeyed = await builder
    .selectFrom('users')
    .select(['id', 'email'])
    .where('email_key', 'is', null)
    .orderBy('id')
    .limit(KEYED_AT_ONCE)
    .execute();
  for (const { id, email } of unkeyed) {
    try {
      await builder
        .updateTable('users')
        .set({ email_key: emailKey(email) })
        .where('id', '=', id)
        .execute();
    } catch (error) {
      if (databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
    }
  }
}

/** What a user's password is checked against. */
export async function findCredentialsOf(database: Database, id: number): Promise<Credentials | undefined> {
  return selectCredentials(database).where('id', '=', id).executeTakeFirst();
}

function selectCredentials({ builder }: Database) {
  return builder
    .selectFrom('users')
    .select(['id', 'company_id', 'email', 'password_hash', 'blocked_at', 'token_generation']);
}

const lock = {
  name: 'users_lock',
  text: `select id, company_id, roles, token_generation from users
    where id = $1 and blocked_at is null for no key update`,
};

/**
 * A user that may log in, whose row stays as it is until the transaction ends: logins that begin, go on or end, and
 * changes that end them all, follow one another.
 */
export async function lockActiveUser(
  connection: Pick<Queryable, 'query'>,
  id: number,
): Promise<LockedUser | undefined> {
  const [row] = await connection.query<LockedUser>(lock, [id]);
  return row;
}

/** A user whom the viewer may see; without a viewer, any. */
export async function findUser(database: Database, id: number, viewer?: Viewer): Promise<UserRow | undefined> {
  const found = withCompanies(database.builder).select(rowColumns).where('users.id', '=', id);
  return (viewer === undefined ? found : found.where((of) => visibleTo(of, viewer))).executeTakeFirst();
}

/** A page of the users whom the viewer may see. */
export async function listUsers(
  database: Database,
  viewer: Viewer,
  query: ListQuery & UserFilter,
  view: (user: UserRow) => object,
): Promise<ListPage<object>> {
  const narrowed = withCompanies(database.lists.builder)
    .where((of) => visibleTo(of, viewer))
    .where((of) => narrowedBy(of, query));
  return readList(query, list, narrowed, async (page) => (await page.select(rowColumns).execute()).map(view));
}

/** Creates a user; throws `email-taken`. */
export async function insertUser(
  builder: Kysely<Tables>,
  user: UserWrite & { company_id: number; email: string; password_hash: string; roles: string[] },
): Promise<number> {
  const insert = builder
    .insertInto('users')
    .values({ phone: null, blocked_at: null, ...user, email_key: emailKey(user.email) })
    .returning('id');
  return (await refusingTaken(insert.executeTakeFirstOrThrow())).id;
}

/** Changes columns of a user; throws `email-taken`. */
export async function updateUser(builder: Kysely<Tables>, id: number, change: UserWrite): Promise<void> {
  if (Object.keys(change).length === 0) return;
  const keyed = change.email === undefined ? change : { ...change, email_key: emailKey(change.email) };
  await refusingTaken(builder.updateTable('users').set(keyed).where('id', '=', id).execute());
}

/** Ends the logins of a user: none of its refresh tokens is good any more, and with `tokens` no token either. */
export async function endLogins(transaction: Transaction<Tables>, id: number, tokens: boolean): Promise<void> {
  if (tokens) {
    await transaction
      .updateTable('users')
      .set((of) => ({ token_generation: of('token_generation', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }
  await transaction.deleteFrom('refresh_tokens').where('user_id', '=', id).execute();
}

/** Puts a new hash of the same password in the place of an old one. */
export async function renewHash(database: Database, id: number, old: string, hash: string): Promise<void> {
  await database.builder
    .updateTable('users')
    .set({ password_hash: hash })
    .where('id', '=', id)
    .where('password_hash', '=', old)
    .execute();
}

/** The names and phone of a person as columns; what is not given is not written. */
export function nameColumns({ firstName, lastName, middleName, phone }: Person): UserWrite {
  return {
    ...(firstName === undefined ? {} : { first_name: firstName }),
    ...(lastName === undefined ? {} : { last_name: lastName }),
    ...(middleName === undefined ? {} : { middle_name: middleName }),
    ...(phone === undefined ? {} : { phone }),
  };
}

const rowColumns = [
  ...userColumns,
  'seats.status as operator_status',
  'companies.name as company_name',
  'companies.reseller_id',
  'resellers.name as reseller_name',
] as const;

/** Where a user stands as an operator is kept by those who give sessions: lists read it beside the user. */
function withCompanies(builder: Kysely<Tables>) {
  return builder
    .selectFrom('users')
    .innerJoin('seats', (on) =>
      on.onRef('seats.company_id', '=', 'users.company_id').onRef('seats.user_id', '=', 'users.id'),
    )
    .innerJoin('companies', 'companies.id', 'users.company_id')
    .leftJoin('companies as resellers', 'resellers.id', 'companies.reseller_id');
}

function narrowedBy(
  of: ExpressionBuilder<Tables, 'users' | 'seats'>,
  { companyId, userId, roles, online }: UserFilter,
) {
  return of.and([
    ...(companyId === undefined ? [] : [of('users.company_id', '=', companyId)]),
    ...(userId === undefined ? [] : [of('users.id', '=', sql<number>`any(${userId}::integer[])`)]),
    ...(roles === undefined ? [] : [sql<boolean>`users.roles && ${roles}::text[]`]),
    ...(online === undefined ? [] : [of('seats.status', online ? '=' : '<>', 'ONLINE')]),
  ]);
}

/** Two may ask for an address at once: the index decides. */
async function refusingTaken<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    const found = databaseError(error);
    if (found?.code === UNIQUE_VIOLATION && found.constraint?.startsWith('users_email') === true)
      throw new Failure('email-taken');
    throw error;
  }
}
