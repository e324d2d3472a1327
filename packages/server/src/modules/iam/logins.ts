import { createHash } from 'node:crypto';
import {
  DEFAULT_TOKEN_TTL,
  type ChangePasswordBody,
  type LoginBody,
  type RefreshBody,
  type TokenPair,
} from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import { within, type Database, type Queryable } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { Attempt, LoginLimits } from './login-limits.ts';
import type { LoginTrail } from './login-trail.ts';
import { generatePassword, isOutdated, type Passwords } from './passwords.ts';
import {
  endLogin,
  firstRefreshToken,
  refreshOwner,
  rotateRefreshToken,
  type LoginToken,
  type RefreshPorts,
} from './refresh.ts';
import type { Tokens } from './tokens.ts';
import {
  endLogins,
  findCredentials,
  findCredentialsOf,
  lockActiveUser,
  renewHash,
  updateUser,
  type Credentials,
  type LockedUser,
} from './user-store.ts';

/** What logins need. */
export interface LoginPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly limits: LoginLimits;
  readonly changes: Changes;
  readonly trail: LoginTrail;
}

/** From where a login comes, and the token of an earlier one where it brings one. */
export interface LoginOrigin {
  readonly address: string;
  readonly earlierToken?: string | undefined;
}

/** What a password is checked against: the account it was tried for, and the user it lets in where it fits. */
interface Found {
  readonly hash: string;
  readonly account: Credentials | undefined;
  readonly user: Credentials | undefined;
}

/** How a user comes in, stays and leaves. */
export class Logins {
  readonly #ports: LoginPorts;
  /** A hash no password fits: an unknown address takes as long as a wrong password. */
  readonly #decoy: Promise<string>;

  constructor(ports: LoginPorts) {
    this.#ports = ports;
    this.#decoy = ports.passwords.hash(generatePassword((count) => ports.ids.randomBytes(count)));
  }

  /** E-mail and password for a token pair; throws `wrong-credentials` or `too-many-requests`. */
  async login(body: LoginBody, { address, earlierToken }: LoginOrigin): Promise<TokenPair> {
    const { database, limits, trail } = this.#ports;
    const decoy = await this.#decoy;
    const attempt = { email: body.email, address, device: await this.#deviceOf(body.email, earlierToken) };
    const known = await this.#proved('login', attempt, body.password, async () => {
      const account = await findCredentials(database, body.email);
      const inCompany =
        body.companyId === undefined || body.companyId === null || body.companyId === account?.company_id;
      const user = inCompany && account?.blocked_at === null ? account : undefined;
      return { hash: account?.password_hash ?? decoy, account, user };
    });
    const { user, begun } = await database.transaction(async (connection) => {
      const user = await lockAsProved(connection, known);
      return { user, begun: await firstRefreshToken(connection, user.id, this.#refreshPorts()) };
    });
    await this.#renewHash(known, body.password);
    await limits.know(attempt);
    await trail.done('login', known, address);
    return this.#pair(user, begun, body.ttl);
  }

  /** The next pair for a refresh token; throws `refresh-refused`. */
  async refresh(body: RefreshBody): Promise<TokenPair> {
    const next = await this.#whileOwned(body.refreshToken, async (connection, user) => ({
      user,
      outcome: await rotateRefreshToken(connection, user.id, body.refreshToken, this.#refreshPorts()),
    }));
    if (next === undefined || next.outcome === 'refused') throw new Failure('refresh-refused');
    const { user, outcome } = next;
    if ('reused' in outcome) {
      const { changes, log } = this.#ports;
      changes.tell('login', outcome.reused);
      log.warn({ userId: user.id }, 'a refresh token was used again: the login it belongs to was ended');
      throw new Failure('refresh-refused');
    }
    return this.#pair(user, outcome, body.ttl);
  }

  /** Ends the login of a refresh token, with its tokens; one that is not there changes nothing. */
  async logout(refreshToken: string): Promise<void> {
    const { changes, clock, database } = this.#ports;
    const ended = await endLogin(database, refreshToken, clock.now());
    if (ended !== undefined) changes.tell('login', ended);
  }

  /** Another password for a user who knows the present one: every login and token of the user ends. */
  async changePassword(userId: number, body: ChangePasswordBody, address: string): Promise<void> {
    const { database, passwords, trail } = this.#ports;
    const found = await findCredentialsOf(database, userId);
    if (found === undefined) throw new Failure('token-invalid');
    const attempt = { email: found.email, address, device: null };
    const known = await this.#proved('changePassword', attempt, body.currentPassword, async () => {
      const user = await findCredentialsOf(database, userId);
      return { hash: user?.password_hash ?? found.password_hash, account: user, user };
    });
    const passwordHash = await passwords.hash(body.newPassword);
    await database.builder.transaction().execute(async (transaction) => {
      await lockAsProved(within(transaction), known);
      await updateUser(transaction, userId, { password_hash: passwordHash });
      await endLogins(transaction, userId, true);
    });
    this.#ports.changes.tell('user', userId);
    await trail.done('changePassword', found, address);
  }

  /**
   * Whose password is right; throws `wrong-credentials`, which counts where the limits say, or `too-many-requests`.
   * What was counted is looked at again when the turn comes: those who waited with it may have failed meanwhile.
   */
  async #proved(
    operation: string,
    attempt: Attempt,
    password: string,
    find: () => Promise<Found>,
  ): Promise<Credentials> {
    const { limits, passwords, trail } = this.#ports;
    const { standing } = await limits.admit(attempt);
    return passwords.check(standing, async (fits) => {
      const admission = await limits.admit(attempt);
      const { hash, account, user } = await find();
      if ((await fits(hash, password)) && user !== undefined) return user;
      await limits.count(admission, attempt.email);
      if (account !== undefined) await trail.failed(operation, account, attempt.address);
      throw new Failure('wrong-credentials');
    });
  }

  /** The mark of a device that was let in to this account before; null where it does not show that. */
  async #deviceOf(email: string, earlierToken: string | undefined): Promise<string | null> {
    const owner = earlierToken === undefined ? undefined : await this.#ports.tokens.ownerOf(earlierToken);
    if (earlierToken === undefined || owner === undefined) return null;
    const account = await findCredentials(this.#ports.database, email);
    return account?.id === owner ? createHash('sha256').update(earlierToken).digest('base64url') : null;
  }

  /** Works on a refresh token while its user stays as it is; undefined where there is no such token or user. */
  #whileOwned<T>(token: string, work: (connection: Queryable, user: LockedUser) => Promise<T>): Promise<T | undefined> {
    return this.#ports.database.transaction(async (connection) => {
      const id = await refreshOwner(connection, token);
      const user = id === undefined ? undefined : await lockActiveUser(connection, id);
      return user && work(connection, user);
    });
  }

  /** Keeps the hash at the parameters of the day: here alone the password is known. */
  async #renewHash({ id, password_hash: old }: Credentials, password: string): Promise<void> {
    if (!isOutdated(old)) return;
    await renewHash(this.#ports.database, id, old, await this.#ports.passwords.hash(password));
  }

  async #pair(user: LockedUser, { login, refreshToken }: LoginToken, ttl = DEFAULT_TOKEN_TTL): Promise<TokenPair> {
    const { id, company_id: companyId, roles, token_generation: generation } = user;
    return { token: await this.#ports.tokens.sign({ id, companyId, roles, generation, login }, ttl), refreshToken };
  }

  #refreshPorts(): RefreshPorts {
    const { clock, ids } = this.#ports;
    return { now: clock.now(), randomBytes: (count) => ids.randomBytes(count), uuid: () => ids.uuid4() };
  }
}

/** Locks a user whose password was proved: whoever changes it or blocks the user meanwhile has the last word. */
async function lockAsProved(
  connection: Pick<Queryable, 'query'>,
  { id, token_generation: generation }: Credentials,
): Promise<LockedUser> {
  const user = await lockActiveUser(connection, id);
  if (user?.token_generation !== generation) throw new Failure('wrong-credentials');
  return user;
}
