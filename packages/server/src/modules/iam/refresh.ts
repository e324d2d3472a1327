import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Queryable } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';

/** A refresh token lives this long. */
const LIFE_MS = 30 * 86_400_000;
/** A used one answers its successor again this long: workers that share a token, a lost answer. */
const REPEAT_MS = 60_000;

/** What a refresh came to: the next token, a refusal, or the end of a login whose token two parties hold. */
export type RefreshOutcome = { readonly refreshToken: string } | 'refused' | 'reused';

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
const endFamily = { name: 'refresh_end', text: 'delete from refresh_tokens where family = $1' };
const endFamilyOf = {
  name: 'refresh_logout',
  text: 'delete from refresh_tokens where family in (select family from refresh_tokens where token_hash = $1)',
};
const sweep = { name: 'refresh_sweep', text: 'delete from refresh_tokens where expires_at < $1' };

/** Begins a family: the refresh token of a login. */
export async function firstRefreshToken(database: Queryable, userId: number, ports: RefreshPorts): Promise<string> {
  const token = newToken(ports);
  await database.query(insert, [hashOf(token), ports.uuid(), userId, isoInstant(ports.now + LIFE_MS)]);
  return token;
}

/** The user a refresh token was given to. */
export async function refreshOwner(database: Queryable, token: string): Promise<number | undefined> {
  const [row] = await database.query<{ user_id: number }>(owner, [hashOf(token)]);
  return row?.user_id;
}

/** Ends the login a refresh token belongs to; one that is not there changes nothing. */
export async function endLogin(database: Queryable, token: string): Promise<void> {
  await database.query(endFamilyOf, [hashOf(token)]);
}

/** Forgets refresh tokens that have ended. */
export async function sweepRefreshTokens(database: Queryable, now: number): Promise<void> {
  await database.query(sweep, [isoInstant(now)]);
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
    if (ports.now - row.used_at <= REPEAT_MS) return { refreshToken: unseal(row.successor, token) };
    await database.query(endFamily, [row.family]);
    return 'reused';
  }
  const next = newToken(ports);
  await database.query(insert, [hashOf(next), row.family, userId, isoInstant(ports.now + LIFE_MS)]);
  await database.query(use, [hashOf(token), isoInstant(ports.now), seal(next, token, ports.randomBytes(12))]);
  return { refreshToken: next };
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
