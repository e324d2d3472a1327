import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  importPKCS8,
  importSPKI,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import type { KeySet } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import { isUuid } from '../../platform/ids.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';

/** Whom a token is made for. */
export interface TokenSubject {
  readonly id: number;
  readonly companyId: number;
  readonly roles: readonly string[];
  /** The generation of the user's tokens: those of an earlier one have ended. */
  readonly generation: number;
  /** The login it is made for. */
  readonly login: string;
}

/** How long a token that has ended still tells of whom it was. */
const REMEMBERED_SECONDS = 90 * 86_400;

/** What a token proves of its bearer; whether it still holds is the database's to say. */
export interface TokenClaims {
  readonly userId: number;
  readonly generation: number;
  /** The login it was made for; null of one from before tokens named it. */
  readonly login: string | null;
}

/** The RSA pair tokens are signed with, as PEM. */
export interface SigningKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A token of ours, with its end in seconds. */
interface ReadToken {
  readonly claims: TokenClaims;
  readonly exp: number;
}

interface Imported {
  readonly sign: CryptoKey;
  readonly verify: CryptoKey;
  readonly published: KeySet['keys'][number];
}

const ALGORITHM = 'RS256';
/** Version of the claim set. */
const TOKEN_VERSION = 4;
/** A token is good this long past its end: clients whose clock runs behind would otherwise refresh without end. */
const GRACE_SECONDS = 60;
/** Ids of users are integers of PostgreSQL. */
const GREATEST_ID = 2_147_483_647;

/** Signs and reads the tokens of users: JWT RS256 with the documented claims, the roles and the generation. */
export class Tokens {
  readonly #keys: SigningKeys;
  readonly #clock: Clock;
  /** Tokens that were found to be ours, as long as they are used: the signature takes long to check. */
  readonly #read: MemoryPart<string, ReadToken>;
  #imported: Promise<Imported> | undefined;

  constructor(keys: SigningKeys, clock: Clock, memory: Memory) {
    this.#keys = keys;
    this.#clock = clock;
    this.#read = memory.part({ name: 'token', read: (token) => this.#check(token) });
  }

  /** A token of the user that ends after `ttl` seconds. */
  async sign(user: TokenSubject, ttl: number): Promise<string> {
    const { sign, published } = await this.#import();
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({
      version: TOKEN_VERSION,
      company_id: user.companyId,
      roles: [...user.roles],
      generation: user.generation,
      sid: user.login,
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: published.kid })
      .setSubject(String(user.id))
      .setIssuedAt(now)
      .setExpirationTime(now + ttl)
      .sign(sign);
  }

  /** What a token says; throws `token-expired` only for one of ours whose end has passed, else `token-invalid`. */
  async verify(token: string): Promise<TokenClaims> {
    const { claims, exp } = await this.#read.get(token);
    if (this.#clock.now() / 1000 >= exp + GRACE_SECONDS) throw new Failure('token-expired');
    return claims;
  }

  /**
   * The user that a token was signed for, whether it has ended or not: whoever has it was let in as that user before.
   * Undefined where it is none of ours, or ended too long ago.
   */
  async ownerOf(token: string): Promise<number | undefined> {
    const { verify } = await this.#import();
    try {
      const { payload } = await jwtVerify(token, verify, {
        algorithms: [ALGORITHM],
        currentDate: new Date(0),
        requiredClaims: ['exp', 'sub', 'company_id'],
      });
      const ended = this.#clock.now() / 1000 - (payload.exp ?? 0);
      return ended > REMEMBERED_SECONDS ? undefined : Number(payload.sub);
    } catch {
      return undefined;
    }
  }

  /** The public key, for those who check tokens themselves. */
  async keySet(): Promise<KeySet> {
    return { keys: [(await this.#import()).published] };
  }

  async #check(token: string): Promise<ReadToken> {
    const { verify } = await this.#import();
    try {
      const { payload } = await jwtVerify(token, verify, {
        algorithms: [ALGORITHM],
        clockTolerance: GRACE_SECONDS,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp', 'sub', 'company_id', 'roles'],
      });
      return { claims: claimsOf(payload), exp: payload.exp ?? 0 };
    } catch (error) {
      throw new Failure(error instanceof errors.JWTExpired ? 'token-expired' : 'token-invalid');
    }
  }

  #import(): Promise<Imported> {
    return (this.#imported ??= importKeys(this.#keys));
  }
}

/** What a signed token says; throws where it says what none of ours does, as one that another program signed. */
function claimsOf({ sub = '', generation = 0, sid = null }: JWTPayload): TokenClaims {
  const userId = /^[1-9]\d{0,9}$/.test(sub) ? Number(sub) : Number.NaN;
  if (!(userId <= GREATEST_ID)) throw new Failure('token-invalid');
  if (sid !== null && !(typeof sid === 'string' && isUuid(sid))) throw new Failure('token-invalid');
  // Tokens from before there were generations are of the first.
  return { userId, generation: Number(generation), login: sid };
}

async function importKeys({ privateKey, publicKey }: SigningKeys): Promise<Imported> {
  const sign = await importPKCS8(privateKey, ALGORITHM);
  const verify = await importSPKI(publicKey, ALGORITHM, { extractable: true });
  const { kty = '', n = '', e = '' } = await exportJWK(verify);
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return { sign, verify, published: { kty, kid, alg: ALGORITHM, use: 'sig', n, e } };
}
