import { subscriberOf } from '../../platform/address.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { tooManyRequests } from '../../platform/failure.ts';
import { isoInstant } from '../../platform/instant.ts';
import { emailKey } from './email-key.ts';
import type { Standing } from './passwords.ts';

/** Whoever tries a password: for which account, from where, and the mark of a device that was let in before. */
export interface Attempt {
  readonly email: string;
  readonly address: string;
  readonly device: string | null;
}

/** A try that may be made: how soon its turn comes, and what a wrong password counts under. */
export interface Admission {
  readonly standing: Standing;
  readonly counted: readonly string[];
}

/**
 * What tells tries apart, and how many wrong passwords one of them may have in how many minutes: twice as many minutes
 * with each time as many as that within a day, up to the longest.
 */
interface LoginLimit {
  readonly most: number;
  readonly minutes: number;
  readonly longest: number;
}

/**
 * The limits of wrong passwords. Another one is another entry, and its row in `docs/identity.md`. None counts an account
 * wherever it is tried from: that would let anybody keep its owner out.
 */
export const loginLimits = {
  account: { most: 10, minutes: 15, longest: 1440 },
  address: { most: 50, minutes: 15, longest: 60 },
  device: { most: 10, minutes: 15, longest: 1440 },
} as const satisfies Record<string, LoginLimit>;

type Subject = keyof typeof loginLimits;

const MINUTE_MS = 60_000;
/** How long a failure counts. */
const DAY_MS = 86_400_000;
/** How long failures of an account make its others wait for their turn behind those without. */
const RECENT_MS = 15 * MINUTE_MS;
/** How long an address is known from which an account was logged in to, and how often that is written. */
const KNOWN_MS = 90 * DAY_MS;

interface Counted extends Record<string, unknown> {
  readonly subject: string;
  /** When the oldest of the last `most` failures of a day was. */
  readonly filled: number | null;
  /** Failures of a day. */
  readonly failures: number;
  readonly known: boolean;
  readonly failed: boolean;
}

const look = {
  name: 'login_failures_look',
  text: `select counted.subject,
      (select failed_at from login_failures where subject = counted.subject and failed_at > $3
        order by failed_at desc offset counted.most - 1 limit 1) as filled,
      (select count(*)::int from login_failures where subject = counted.subject and failed_at > $3) as failures,
      exists (select from login_places where subject = $4 and seen_at > $5) as known,
      exists (select from login_failures where account = $6 and failed_at > $7) as failed
    from unnest($1::text[], $2::int[]) as counted (subject, most)`,
};
const insert = {
  name: 'login_failures_insert',
  text: 'insert into login_failures (subject, account, failed_at) select unnest($1::text[]), $2, $3',
};
const know = {
  name: 'login_places_know',
  text: `insert into login_places (subject, seen_at) values ($1, $2)
    on conflict (subject) do update set seen_at = excluded.seen_at where login_places.seen_at < $3`,
};
const forget = { name: 'login_failures_forget', text: 'delete from login_failures where account = $1' };
const sweepFailures = { name: 'login_failures_sweep', text: 'delete from login_failures where failed_at < $1' };
const sweepPlaces = { name: 'login_places_sweep', text: 'delete from login_places where seen_at < $1' };

function subjectsOf({ email, address, device }: Attempt): Record<Subject, string> {
  const from = subscriberOf(address);
  return {
    account: `account:${emailKey(email)} ${from}`,
    address: `address:${from}`,
    device: `device:${device ?? ''}`,
  };
}

/** Rests whoever guesses passwords, and nobody else; right ones never count. */
export class LoginLimits {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Lets a try through: a known device past what others did at its address. Throws `too-many-requests`, with the seconds
   * until it is, where a limit is reached.
   */
  async admit(attempt: Attempt): Promise<Admission> {
    const now = this.#clock.now();
    const subjects = subjectsOf(attempt);
    const names = Object.keys(loginLimits) as Subject[];
    const rows = await this.#database.query<Counted>(look, [
      names.map((name) => subjects[name]),
      names.map((name) => loginLimits[name].most),
      isoInstant(now - DAY_MS),
      subjects.account,
      isoInstant(now - KNOWN_MS),
      emailKey(attempt.email),
      isoInstant(now - RECENT_MS),
    ]);
    const wait = (name: Subject): number => {
      const row = rows.find(({ subject }) => subject === subjects[name]);
      return row === undefined ? 0 : waitOf(row, loginLimits[name], now);
    };
    if (attempt.device !== null && wait('device') <= 0) return { standing: 'known', counted: [subjects.device] };
    const known = rows.some((row) => row.known);
    const longest = Math.max(wait('account'), known ? 0 : wait('address'));
    if (longest > 0) {
      throw tooManyRequests(Math.max(1, Math.ceil(longest / 1000)));
    }
    const standing = known ? 'known' : rows.some((row) => row.failed) ? 'failing' : 'clean';
    return { standing, counted: [subjects.account, subjects.address] };
  }

  /** Counts a wrong password. */
  async count({ counted }: Admission, email: string): Promise<void> {
    await this.#database.query(insert, [counted, emailKey(email), isoInstant(this.#clock.now())]);
  }

  /** Remembers from where an account was logged in to. */
  async know(attempt: Attempt): Promise<void> {
    const now = this.#clock.now();
    await this.#database.query(know, [subjectsOf(attempt).account, isoInstant(now), isoInstant(now - DAY_MS)]);
  }

  /** Forgets the failures of an account, wherever they were made. */
  async forget(email: string): Promise<void> {
    await this.#database.query(forget, [emailKey(email)]);
  }

  /** Forgets what no longer counts. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    await this.#database.query(sweepFailures, [isoInstant(now - DAY_MS)]);
    await this.#database.query(sweepPlaces, [isoInstant(now - KNOWN_MS)]);
  }
}

/** The milliseconds until another try; not above 0 where there is nothing to wait for. */
function waitOf({ filled, failures }: Counted, { most, minutes, longest }: LoginLimit, now: number): number {
  if (filled === null) return 0;
  const times = Math.floor(failures / most);
  return filled + Math.min(longest, minutes * 2 ** (times - 1)) * MINUTE_MS - now;
}
