import { errors, importPKCS8, importSPKI, jwtVerify, SignJWT, type CryptoKey } from 'jose';
import type { Clock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';

/** What a token says of its bearer. */
export interface TokenUser {
  readonly id: number;
  readonly companyId: number;
  readonly roles: readonly string[];
}

/** The RSA pair tokens are signed with, as PEM. */
export interface SigningKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Version of the claim set. */
const TOKEN_VERSION = 4;
/** A token is good this long past its end: clients whose clock runs behind would otherwise refresh without end. */
const GRACE_SECONDS = 60;
const CACHE_SIZE = 10_000;

/** Signs and reads the tokens of users: JWT RS256 with the documented claims and the roles. */
export class Tokens {
  readonly #keys: SigningKeys;
  readonly #clock: Clock;
  readonly #read = new Map<string, { user: TokenUser; exp: number }>();
  #imported: { sign: CryptoKey; verify: CryptoKey } | undefined;

  constructor(keys: SigningKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** A token of the user that ends after `ttl` seconds. */
  async sign(user: TokenUser, ttl: number): Promise<string> {
    const { sign } = await this.#import();
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ version: TOKEN_VERSION, company_id: user.companyId, roles: [...user.roles] })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setSubject(String(user.id))
      .setIssuedAt(now)
      .setExpirationTime(now + ttl)
      .sign(sign);
  }

  /** The user of a token; throws `token-expired` only for one of ours whose end has passed, else `token-invalid`. */
  async verify(token: string): Promise<TokenUser> {
    const now = this.#clock.now() / 1000;
    const cached = this.#read.get(token);
    if (cached !== undefined && now < cached.exp + GRACE_SECONDS) return cached.user;
    const { verify } = await this.#import();
    try {
      const { payload } = await jwtVerify(token, verify, {
        algorithms: ['RS256'],
        clockTolerance: GRACE_SECONDS,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp', 'sub', 'company_id', 'roles'],
      });
      const user = {
        id: Number(payload.sub),
        companyId: Number(payload['company_id']),
        roles: payload['roles'] as string[],
      };
      this.#remember(token, user, payload.exp ?? 0);
      return user;
    } catch (error) {
      throw new Failure(error instanceof errors.JWTExpired ? 'token-expired' : 'token-invalid');
    }
  }

  #remember(token: string, user: TokenUser, exp: number): void {
    if (this.#read.size >= CACHE_SIZE) this.#read.clear();
    this.#read.set(token, { user, exp });
  }

  async #import(): Promise<{ sign: CryptoKey; verify: CryptoKey }> {
    return (this.#imported ??= {
      sign: await importPKCS8(this.#keys.privateKey, 'RS256'),
      verify: await importSPKI(this.#keys.publicKey, 'RS256'),
    });
  }
}
