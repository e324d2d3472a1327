import { subscriberOf } from '../../platform/address.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import { isoInstant } from '../../platform/instant.ts';

/** What tells logins apart, and how many wrong passwords one of them may have in how many minutes. */
interface LoginLimit {
  readonly subject: keyof typeof subjects;
  readonly most: number;
  readonly minutes: number;
}

/** Whose failures are counted together, by the e-mail and the address a login came with. */
const subjects = {
  account: (email: string, _address: string) => email.toLowerCase(),
  address: (_email: string, address: string) => subscriberOf(address),
} as const;

/** The limits of wrong passwords. Another one is another entry, and its row in `docs/identity.md`. */
export const loginLimits: readonly LoginLimit[] = [
  { subject: 'account', most: 10, minutes: 15 },
  { subject: 'address', most: 50, minutes: 15 },
];

const MINUTE_MS = 60_000;
/** How long a failure can count. */
const LONGEST_MS = Math.max(...loginLimits.map(({ minutes }) => minutes)) * MINUTE_MS;

/** Of each limit that is reached, when the last failure that fills it stops counting it as reached. */
const reached = {
  name: 'login_failures_reached',
  text: `select (select failed_at from login_failures
      where subject = counted.subject and failed_at > counted.since
      order by failed_at desc offset counted.most - 1 limit 1) as filled, counted.minutes
    from unnest($1::text[], $2::timestamptz[], $3::int[], $4::int[]) as counted (subject, since, most, minutes)`,
};
const insert = {
  name: 'login_failures_insert',
  text: 'insert into login_failures (subject, failed_at) select unnest($1::text[]), $2',
};
const sweep = { name: 'login_failures_sweep', text: 'delete from login_failures where failed_at < $1' };

function subjectOf(kind: keyof typeof subjects, email: string, address: string): string {
  return `${kind}:${subjects[kind](email, address)}`;
}

/** Rests accounts and addresses where passwords are being guessed; right ones never count. */
export class LoginLimits {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Throws `too-many-requests`, with the seconds until none is, where a limit is reached. */
  async check(email: string, address: string): Promise<void> {
    const now = this.#clock.now();
    const rows = await this.#database.query<{ filled: number | null; minutes: number }>(reached, [
      loginLimits.map(({ subject }) => subjectOf(subject, email, address)),
      loginLimits.map(({ minutes }) => isoInstant(now - minutes * MINUTE_MS)),
      loginLimits.map(({ most }) => most),
      loginLimits.map(({ minutes }) => minutes),
    ]);
    const waits = rows.flatMap(({ filled, minutes }) => (filled === null ? [] : [filled + minutes * MINUTE_MS - now]));
    if (waits.length === 0) return;
    const seconds = Math.max(1, Math.ceil(Math.max(...waits) / 1000));
    throw new Failure('too-many-requests', null, { 'retry-after': String(seconds) });
  }

  /** Counts a wrong password. */
  async count(email: string, address: string): Promise<void> {
    const counted = [...new Set(loginLimits.map(({ subject }) => subjectOf(subject, email, address)))];
    await this.#database.query(insert, [counted, isoInstant(this.#clock.now())]);
  }

  /** Forgets failures that no longer count. */
  async sweep(): Promise<void> {
    await this.#database.query(sweep, [isoInstant(this.#clock.now() - LONGEST_MS)]);
  }
}
