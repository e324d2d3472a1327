import type { Database } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';

const WINDOW_MS = 15 * 60_000;
const PER_ACCOUNT = 10;
const PER_ADDRESS = 50;

const recent = {
  name: 'login_failures_recent',
  text: `select subject, count(*) as count, min(failed_at) as oldest from login_failures
    where subject = any($1) and failed_at > $2 group by subject`,
};
const insert = {
  name: 'login_failures_insert',
  text: `with old as (delete from login_failures where failed_at < $3)
    insert into login_failures (subject, failed_at) select unnest($1::text[]), $2`,
};

/** The subjects a login counts for. */
function subjects(email: string, address: string): [string, string] {
  return [`account:${email.toLowerCase()}`, `address:${address}`];
}

/** Throws `too-many-requests` where the account or the address has failed too often; right passwords never count. */
export async function checkLoginLimit(database: Database, email: string, address: string, now: number): Promise<void> {
  const [account, from] = subjects(email, address);
  const rows = await database.query<{ subject: string; count: number; oldest: number }>(recent, [
    [account, from],
    new Date(now - WINDOW_MS).toISOString(),
  ]);
  for (const row of rows) {
    if (row.count >= (row.subject === account ? PER_ACCOUNT : PER_ADDRESS)) {
      const seconds = Math.max(1, Math.ceil((row.oldest + WINDOW_MS - now) / 1000));
      throw new Failure('too-many-requests', null, { 'retry-after': String(seconds) });
    }
  }
}

/** Counts a wrong password. */
export async function countLoginFailure(
  database: Database,
  email: string,
  address: string,
  now: number,
): Promise<void> {
  const cut = new Date(now - WINDOW_MS).toISOString();
  await database.query(insert, [subjects(email, address), new Date(now).toISOString(), cut]);
}
