import { subscriberOf } from '../../platform/address.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import { isoInstant } from '../../platform/instant.ts';

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
  text: 'insert into login_failures (subject, failed_at) select unnest($1::text[]), $2',
};
const sweep = { name: 'login_failures_sweep', text: 'delete from login_failures where failed_at < $1' };

/** The subjects a login counts for. */
function subjects(email: string, address: string): [string, string] {
  return [`account:${email.toLowerCase()}`, `address:${subscriberOf(address)}`];
}

/** Rests accounts and addresses where passwords are being guessed; right ones never count. */
export class LoginLimit {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Throws `too-many-requests` where the account or the address has failed too often. */
  async check(email: string, address: string): Promise<void> {
    const [account, from] = subjects(email, address);
    const now = this.#clock.now();
    const rows = await this.#database.query<{ subject: string; count: number; oldest: number }>(recent, [
      [account, from],
      isoInstant(now - WINDOW_MS),
    ]);
    for (const row of rows) {
      if (row.count >= (row.subject === account ? PER_ACCOUNT : PER_ADDRESS)) {
        const seconds = Math.max(1, Math.ceil((row.oldest + WINDOW_MS - now) / 1000));
        throw new Failure('too-many-requests', null, { 'retry-after': String(seconds) });
      }
    }
  }

  /** Counts a wrong password. */
  async count(email: string, address: string): Promise<void> {
    await this.#database.query(insert, [subjects(email, address), isoInstant(this.#clock.now())]);
  }

  /** Forgets failures that no longer count. */
  async sweep(): Promise<void> {
    await this.#database.query(sweep, [isoInstant(this.#clock.now() - WINDOW_MS)]);
  }
}
