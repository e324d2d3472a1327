import type { Selectable } from 'kysely';
import type { Database } from '../../platform/database.ts';
import type { Tables } from '../../platform/tables.ts';

/** A row of `users`. */
export type UserRow = Selectable<Tables['users']>;

/** The user of an e-mail address, whatever its case. */
export async function findUserByEmail(database: Database, email: string): Promise<UserRow | undefined> {
  return database.builder
    .selectFrom('users')
    .selectAll()
    .where((of) => of(of.fn<string>('lower', ['email']), '=', email.toLowerCase()))
    .executeTakeFirst();
}

/** The user of an id, if it may still log in. */
export async function findActiveUser(database: Database, id: number): Promise<UserRow | undefined> {
  return database.builder
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('blocked_at', 'is', null)
    .executeTakeFirst();
}

/** Whether any company exists: false on an empty database. */
export async function hasCompanies(database: Database): Promise<boolean> {
  return (await database.builder.selectFrom('companies').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Creates a company with its first administrator. */
export async function insertCompanyWithAdmin(
  database: Database,
  company: string,
  admin: { email: string; passwordHash: string },
): Promise<{ companyId: number; userId: number }> {
  return database.builder.transaction().execute(async (transaction) => {
    const { id: companyId } = await transaction
      .insertInto('companies')
      .values({ name: company })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id: userId } = await transaction
      .insertInto('users')
      .values({
        company_id: companyId,
        email: admin.email,
        password_hash: admin.passwordHash,
        first_name: 'Administrator',
        phone: null,
        roles: ['ADMIN', 'SUPERVISOR', 'OPERATOR'],
        blocked_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { companyId, userId };
  });
}
