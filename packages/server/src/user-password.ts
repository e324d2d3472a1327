import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { resetPassword } from './modules/iam/index.ts';
import { systemClock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import { openDataFolder } from './platform/data-folder.ts';
import { openDatabase } from './platform/database.ts';
import { systemIds } from './platform/ids.ts';
import { openDatabaseServer } from './platform/postgres/index.ts';
import { StartError } from './platform/start-error.ts';

/** A password as `MOLVA_ADMIN_PASSWORD` and the API have them. */
const SHORTEST = 8;
const LONGEST = 256;

/**
 * Gives a user another password: the one on the input, else one that is made and answered. Its tokens and logins end.
 * Throws `StartError` where there is no such user, or where Molva runs on the data folder.
 */
export async function setUserPassword(config: Config, email: string, input: Readable | undefined): Promise<string> {
  const given = input === undefined ? undefined : (await text(input)).replace(/\r?\n$/, '');
  if (given !== undefined && (given.length < SHORTEST || given.length > LONGEST)) {
    throw new StartError(`The password on the input must have ${SHORTEST} to ${LONGEST} characters.`);
  }
  await using opened = new AsyncDisposableStack();
  if (config.databaseUrl === undefined) opened.use(await openDataFolder(config.dataDir));
  const { connection } = opened.use(await openDatabaseServer(config.dataDir, config.databaseUrl));
  const database = opened.use(openDatabase(connection, 1, () => undefined));
  const [tables] = await database.query<{ found: boolean }>(
    { text: `select to_regclass('users') is not null as found` },
    [],
  );
  const ids = systemIds(() => systemClock.now());
  const password =
    tables?.found === true ? await resetPassword(database, email, given, (count) => ids.randomBytes(count)) : undefined;
  if (password === undefined) throw new StartError(`There is no user with the e-mail address ${email}.`);
  return password;
}
