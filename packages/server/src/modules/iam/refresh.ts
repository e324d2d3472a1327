import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Queryable } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';

/** A refresh token lives this long. */
const LIFE_MS = 30 * 86_400_000;
/** A used one answers its successor again this long: workers that share a token, a lost answer. */
const REPEAT_MS = 60_000;
/** An ended login is remembered this long: a day more than the longest life of a token. */
const ENDED_MS = 31 * 86_400_000;

/** What a refresh came to: the next token, a refusal, or the end of a login whose token two parties hold. */
export type RefreshOutcome = LoginToken | 'refused' | EndedByUse;

/** A refresh token, and the login it belongs to. */
export interface LoginToken {
  readonly refreshToken: string;
  readonly login: string;
}

/** The login that ended, as its token was used again. */
export interface EndedByUse {
  readonly reused: string;
}

/** The instant of a rotation, and its randomness. */
export interface RefreshPorts {
  readonly now: number;
  randomBytes(count: number): Uint8Array;
  uuid(): string;
}

const insert = {
  name: 'refresh_insert',
  text: 'insert into refresh_tokens (token_hash, family, user_id, expires_at) values ($1, $2, $3, $4)',
};
const owner = { name: 'refresh_owner', text: 'select user_id from refresh_tokens where token_hash = $1' };
const find = {
  name: 'refresh_find',
  text: 'select family, expires_at, used_at, successor from refresh_tokens where token_hash = $1 for update',
};
const use = {
  name: 'refresh_use',
  text: 'update refresh_tokens set used_at = $2, successor = $3 where token_hash = $1',
};
const endFamilyOf = {
  name: 'refresh_logout',
  text: `with gone as (delete from refresh_tokens
      where family in (select family from refresh_tokens where token_hash = $1) returning family)
    insert into ended_logins (family, ended_at) select distinct family, $2::timestamptz from gone
    on conflict (family) do nothing returning family`,
};
const isEnded = { name: 'logins_ended', text: 'select 1 from ended_logins where family = $1' };
const sweepEnded = { name: 'logins_sweep', text: 'delete from ended_logins where ended_at < $1' };
const sweep = { name: 'refresh_sweep', text: 'delete from refresh_tokens where expires_at < $1' };

/** Begins a family: the refresh token of a login. */
export async function firstRefreshToken(database: Queryable, userId: number, ports: RefreshPorts): Promise<LoginToken> {
  const refreshToken = newToken(ports);
  const login = ports.uuid();
  await database.query(insert, [hashOf(refreshToken), login, userId, isoInstant(ports.now + LIFE_MS)]);
  return { refreshToken, login };
}

/** The user a refresh token was given to. */
export async function refreshOwner(database: Queryable, token: string): Promise<number | undefined> {
  const [row] = await database.query<{ user_id: number }>(owner, [hashOf(token)]);
  return row?.user_id;
}

/** Ends the login a refresh token belongs to, with its tokens, and answers it; undefined where there is none. */
export async function endLogin(database: Queryable, token: string, now: number): Promise<string | undefined> {
  const [row] = await database.query<{ family: string }>(endFamilyOf, [hashOf(token), isoInstant(now)]);
  return row?.family;
}

/** Whether a login was ended. */
export async function isLoginEnded(database: Queryable, login: string): Promise<boolean> {
  return (await database.query(isEnded, [login])).length > 0;
}

/** Forgets refresh tokens that have ended, and ended logins none of whose tokens can last. */
export async function sweepRefreshTokens(database: Queryable, now: number): Promise<void> {
  await database.query(sweep, [isoInstant(now)]);
  await database.query(sweepEnded, [isoInstant(now - ENDED_MS)]);
}

/**
 * Rotates a refresh token. Used again within a minute it gives the same successor; used after that it ends its whole
 * family, as then two parties hold it. Call inside a transaction that keeps the user's row as it is.
 */
export async function rotateRefreshToken(
  database: Queryable,
  userId: number,
  token: string,
  ports: RefreshPorts,
): Promise<RefreshOutcome> {
  const [row] = await database.query<{
    family: string;
    expires_at: number;
    used_at: number | null;
    successor: Buffer | null;
  }>(find, [hashOf(token)]);
  if (row === undefined || row.expires_at <= ports.now) return 'refused';
  if (row.used_at !== null && row.successor !== null) {
    if (ports.now - row.used_at <= REPEAT_MS) return { refreshToken: unseal(row.successor, token), login: row.family };
    await endLogin(database, token, ports.now);
    return { reused: row.family };
  }
  const next = newToken(ports);
  await database.query(insert, [hashOf(next), row.family, userId, isoInstant(ports.now + LIFE_MS)]);
  await database.query(use, [hashOf(token), isoInstant(ports.now), seal(next, token, ports.randomBytes(12))]);
  return { refreshToken: next, login: row.family };
}

function newToken(ports: RefreshPorts): string {
  return Buffer.from(ports.randomBytes(32)).toString('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The key that only the bearer of the used token can make. */
function keyOf(token: string): Buffer {
  return createHash('sha256').update(`successor:${token}`).digest();
}

function seal(text: string, token: string, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', keyOf(token), nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function unseal(sealed: Buffer, token: string): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(token), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
}
