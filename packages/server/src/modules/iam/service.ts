import { DEFAULT_TOKEN_TTL, type LoginBody, type RefreshBody, type TokenPair } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { checkLoginLimit, countLoginFailure } from './login-limit.ts';
import { generatePassword, hashPassword, passwordFits } from './passwords.ts';
import { firstRefreshToken, rotateRefreshToken } from './refresh.ts';
import { findActiveUser, findUserByEmail, hasCompanies, insertCompanyWithAdmin, type UserRow } from './store.ts';
import type { Tokens, TokenUser } from './tokens.ts';

/** What the module needs. */
export interface IamPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tokens: Tokens;
}

/** The first administrator as it was created; the password is known here and nowhere else. */
export interface FirstAdmin {
  readonly companyId: number;
  readonly userId: number;
  readonly email: string;
  readonly password: string;
  readonly generated: boolean;
}

/** Who may come in, and as whom. */
export class Iam {
  readonly #ports: IamPorts;
  /** A hash no password fits: an unknown address takes as long as a wrong password. */
  readonly #decoy: Promise<string>;

  constructor(ports: IamPorts) {
    this.#ports = ports;
    this.#decoy = hashPassword(generatePassword((count) => ports.ids.randomBytes(count)));
  }

  /** The user of a bearer text. */
  identify(token: string): Promise<TokenUser> {
    return this.#ports.tokens.verify(token);
  }

  /** E-mail and password for a token pair; throws `wrong-credentials` or `too-many-requests`. */
  async login(body: LoginBody, address: string): Promise<TokenPair> {
    const { database, clock } = this.#ports;
    await checkLoginLimit(database, body.email, address, clock.now());
    const user = await findUserByEmail(database, body.email);
    const fits = await passwordFits(user?.password_hash ?? (await this.#decoy), body.password);
    const inCompany = body.companyId === undefined || body.companyId === null || body.companyId === user?.company_id;
    if (user === undefined || !fits || !inCompany || user.blocked_at !== null) {
      await countLoginFailure(database, body.email, address, clock.now());
      throw new Failure('wrong-credentials');
    }
    const refreshToken = await firstRefreshToken(database, user.id, this.#refreshPorts());
    return { token: await this.#sign(user, body.ttl), refreshToken };
  }

  /** The next pair for a refresh token; throws `refresh-refused`. */
  async refresh(body: RefreshBody): Promise<TokenPair> {
    const { database } = this.#ports;
    const outcome = await database.transaction((connection) =>
      rotateRefreshToken(connection, body.refreshToken, this.#refreshPorts()),
    );
    const user = outcome === 'refused' ? undefined : await findActiveUser(database, outcome.userId);
    if (outcome === 'refused' || user === undefined) throw new Failure('refresh-refused');
    return { token: await this.#sign(user, body.ttl), refreshToken: outcome.refreshToken };
  }

  /** The row behind a token; throws `token-invalid` where the user is gone. */
  async me(user: TokenUser): Promise<UserRow> {
    const row = await findActiveUser(this.#ports.database, user.id);
    if (row === undefined) throw new Failure('token-invalid');
    return row;
  }

  /** Creates the first company and administrator on an empty database; undefined where there is one already. */
  async createFirstCompany(email: string, password: string | undefined): Promise<FirstAdmin | undefined> {
    const { database, ids } = this.#ports;
    if (await hasCompanies(database)) return undefined;
    const chosen = password ?? generatePassword((count) => ids.randomBytes(count));
    const made = await insertCompanyWithAdmin(database, 'Molva', { email, passwordHash: await hashPassword(chosen) });
    return { ...made, email, password: chosen, generated: password === undefined };
  }

  #sign(user: UserRow, ttl = DEFAULT_TOKEN_TTL): Promise<string> {
    return this.#ports.tokens.sign({ id: user.id, companyId: user.company_id, roles: user.roles }, ttl);
  }

  #refreshPorts(): { now: number; randomBytes: (count: number) => Uint8Array; uuid: () => string } {
    const { clock, ids } = this.#ports;
    return { now: clock.now(), randomBytes: (count) => ids.randomBytes(count), uuid: () => ids.uuid4() };
  }
}
