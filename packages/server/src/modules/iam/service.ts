import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import type { Vault } from '../../platform/vault.ts';
import { ApiKeys, isApiKey } from './api-keys.ts';
import { Audit } from './audit.ts';
import { BELIEVED_MS } from './believed.ts';
import { Companies } from './companies.ts';
import { hasCompanies, insertFirstCompany } from './company-store.ts';
import { LoginLimits } from './login-limits.ts';
import { LoginTrail } from './login-trail.ts';
import { Logins } from './logins.ts';
import { generatePassword, Passwords } from './passwords.ts';
import { isLoginEnded, sweepRefreshTokens } from './refresh.ts';
import { openUserStandings, type UserStandings } from './user-standing.ts';
import type { Tokens } from './tokens.ts';
import { findUser, keyEmails, type UserRow } from './user-store.ts';
import { Users, type SeatKeeper } from './users.ts';
import type { Viewer } from './visibility.ts';

/** What the module needs. */
export interface IamPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly due: DueRunner;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly tokens: Tokens;
  readonly seats: SeatKeeper;
  readonly vault: Vault;
  readonly groups: { idsOf(companyId: number, userId: number): Promise<string[]> };
}

/** The first administrator as it was created; the password is known here and nowhere else. */
export interface FirstAdmin {
  readonly companyId: number;
  readonly userId: number;
  readonly email: string;
  readonly password: string;
  readonly generated: boolean;
}

const SWEEP = 'iam-sweep';
const HOUR_MS = 3_600_000;
/** The one key of timers that belong to nobody. */
const HOUSE = '00000000-0000-0000-0000-000000000000';

/** Who calls, and what they may do. */
export class Iam {
  readonly tokens: Tokens;
  readonly logins: Logins;
  readonly users: Users;
  readonly companies: Companies;
  readonly keys: ApiKeys;
  readonly audit: Audit;
  readonly #ports: IamPorts;
  readonly #passwords = new Passwords();
  readonly #limits: LoginLimits;
  readonly #standings: UserStandings;
  /** Whether logins were ended, as long as their tokens are used. */
  readonly #ended: MemoryPart<string, boolean>;

  constructor(ports: IamPorts) {
    const { database, clock, ids, log, due, changes, memory, tokens, seats } = ports;
    const passwords = this.#passwords;
    this.#ports = ports;
    this.tokens = tokens;
    this.#limits = new LoginLimits(database, clock);
    const standings = openUserStandings(database, memory, changes);
    this.#standings = standings;
    this.audit = new Audit({ database, clock, ids, log, standings });
    const limits = this.#limits;
    const trail = new LoginTrail(this.audit, log, clock);
    this.#ended = memory.part({
      name: 'ended-login',
      lifeMs: BELIEVED_MS,
      read: (login) => isLoginEnded(database, login),
    });
    changes.on('login', (login) => this.#ended.drop(login));
    this.logins = new Logins({ database, clock, ids, log, tokens, passwords, limits, changes, trail });
    this.users = new Users({ database, clock, passwords, changes, seats, limits });
    this.companies = new Companies({ database, passwords, changes, memory, vault: ports.vault });
    this.keys = new ApiKeys({ database, clock, ids, changes, memory, standings });
    due.handle(SWEEP, () => this.#sweep());
  }

  /** Sets the timer that belongs to nobody, and gives keys to addresses that an earlier version wrote. */
  async begin(): Promise<void> {
    await keyEmails(this.#ports.database);
    await this.#ports.due.at(SWEEP, HOUSE, this.#ports.clock.now());
  }

  /**
   * The user of a bearer text, a token or an API key, with the roles of this moment. Throws `token-invalid` where it was
   * ended, `token-expired` where it ended by itself.
   */
  async identify(text: string): Promise<Viewer> {
    if (isApiKey(text)) return this.keys.identify(text);
    const { userId, generation, login } = await this.tokens.verify(text);
    const [user, ended] = await Promise.all([this.#standings.get(userId), login !== null && this.#ended.get(login)]);
    if (ended || user === undefined || user.blocked || user.generation !== generation)
      throw new Failure('token-invalid');
    return { id: userId, companyId: user.companyId, roles: user.roles };
  }

  /** The user of a call and the groups it is in. */
  async me({ id, companyId }: Viewer): Promise<{ user: UserRow; groupIds: string[] }> {
    const user = await findUser(this.#ports.database, id);
    if (user === undefined) throw new Failure('token-invalid');
    return { user, groupIds: await this.#ports.groups.idsOf(companyId, id) };
  }

  /** Creates the first company and administrator on an empty database; undefined where there is one already. */
  async createFirstCompany(email: string, password: string | undefined): Promise<FirstAdmin | undefined> {
    const { database, ids } = this.#ports;
    if (await hasCompanies(database)) return undefined;
    const chosen = password ?? generatePassword((count) => ids.randomBytes(count));
    const made = await insertFirstCompany(
      database,
      { name: 'Molva', reseller_id: null },
      { email, password_hash: await this.#passwords.hash(chosen), first_name: 'Administrator' },
    );
    return made && { ...made, email, password: chosen, generated: password === undefined };
  }

  /** Forgets what has ended; answers when to do so again. */
  async #sweep(): Promise<number> {
    const { database, clock } = this.#ports;
    await this.#limits.sweep();
    await sweepRefreshTokens(database, clock.now());
    return clock.now() + HOUR_MS;
  }
}
