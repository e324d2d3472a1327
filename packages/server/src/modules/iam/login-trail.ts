import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { RateCounter } from '../../platform/rate-counter.ts';
import type { Audit } from './audit.ts';
import type { Credentials } from './user-store.ts';

/** Failures that are written down in a minute: of one account, and of all in this process. Strangers cause them. */
const FAILURES = { account: 10, all: 60 };

type Account = Pick<Credentials, 'id' | 'company_id'>;

/** What logins leave in the log and in the audit log of the company: those that were let in, and those that were not. */
export class LoginTrail {
  readonly #audit: Pick<Audit, 'note'>;
  readonly #log: Log;
  readonly #account: RateCounter;
  readonly #all: RateCounter;

  constructor(audit: Pick<Audit, 'note'>, log: Log, clock: Clock) {
    this.#audit = audit;
    this.#log = log;
    this.#account = new RateCounter(FAILURES.account, clock);
    this.#all = new RateCounter(FAILURES.all, clock);
  }

  /** A user proved to be who it is. */
  async done(operation: 'login' | 'changePassword', user: Account, address: string): Promise<void> {
    this.#log.info({ userId: user.id, operation, address }, 'a user gave the right password');
    await this.#note(operation, user, address, operation === 'login' ? 200 : 204);
  }

  /** Somebody did not; beyond a number a minute it is only counted, where all refusals are. */
  async failed(operation: string, account: Account, address: string): Promise<void> {
    if (this.#account.tries(String(account.id), 1) > 0 || this.#all.tries('', 1) > 0) return;
    this.#log.warn({ userId: account.id, operation, address }, 'a wrong password was refused');
    await this.#note(operation, account, address, 401);
  }

  #note(operation: string, { id, company_id }: Account, address: string, status: number): Promise<void> {
    return this.#audit.note({ companyId: company_id, userId: id, operation, status, address });
  }
}
