import type { Database } from '../../platform/database.ts';
import { generatePassword, Passwords } from './passwords.ts';
import { endLogins, findCredentials, updateUser } from './user-store.ts';

/**
 * Gives the user of an e-mail address another password, for whoever holds the database: a generated one where none is
 * given. Its tokens and logins end. Answers the password; undefined where there is no such user.
 */
export async function resetPassword(
  database: Database,
  email: string,
  given: string | undefined,
  randomBytes: (count: number) => Uint8Array,
): Promise<string | undefined> {
  const user = await findCredentials(database, email);
  if (user === undefined) return undefined;
  const password = given ?? generatePassword(randomBytes);
  const hash = await new Passwords().hash(password);
  await database.builder.transaction().execute(async (transaction) => {
    await updateUser(transaction, user.id, { password_hash: hash });
    await endLogins(transaction, user.id, true);
  });
  return password;
}
