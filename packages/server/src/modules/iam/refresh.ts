import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Queryable } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';

/** A refresh token lives this long. */
const LIFE_MS = 30 * 86_400_000;
/** A used one answers its successor again this long: workers that share a token, a lost answer. */
const REPEAT_MS = 60_000;

/** What a refresh came to. */
export type RefreshOutcome = { userId: number; refreshToken: string } | 'refused';

interface Ports {
  readonly now: number;
  randomBytes(count: number): Uint8Array;
  uuid(): string;
}

const insert = {
  name: 'refresh_insert',
  text: 'insert into refresh_tokens (token_hash, family, user_id, expires_at) values ($1, $2, $3, $4)',
};
const find = {
  name: 'refresh_find',
  text: 'select family, user_id, expires_at, used_at, successor from refresh_tokens where token_hash = $1 for update',
};
const use = {
  name: 'refresh_use',
  text: 'update refresh_tokens set used_at = $2, successor = $3 where token_hash = $1',
};
const endFamily = { name: 'refresh_end', text: 'delete from refresh_tokens where family = $1' };
const sweep = { name: 'refresh_sweep', text: 'delete from refresh_tokens where user_id = $1 and expires_at < $2' };

/** Begins a family: the refresh token of a login. */
export async function firstRefreshToken(database: Queryable, userId: number, ports: Ports): Promise<string> {
  await database.query(sweep, [userId, isoInstant(ports.now)]);
  const token = newToken(ports);
  await database.query(insert, [hashOf(token), ports.uuid(), userId, isoInstant(ports.now + LIFE_MS)]);
  return token;
}

/**
 * Rotates a refresh token. Used again within a minute it gives the same successor; used after that it ends its whole
 * family, as then two parties hold it. Call inside a transaction.
 */
export async function rotateRefreshToken(database: Queryable, token: string, ports: Ports): Promise<RefreshOutcome> {
  const [row] = await database.query<{
    family: string;
    user_id: number;
    expires_at: number;
    used_at: number | null;
    successor: Buffer | null;
  }>(find, [hashOf(token)]);
  if (row === undefined || row.expires_at <= ports.now) return 'refused';
  if (row.used_at !== null && row.successor !== null) {
    if (ports.now - row.used_at <= REPEAT_MS)
      return { userId: row.user_id, refreshToken: unseal(row.successor, token) };
    await database.query(endFamily, [row.family]);
    return 'refused';
  }
  const next = newToken(ports);
  await database.query(insert, [hashOf(next), row.family, row.user_id, isoInstant(ports.now + LIFE_MS)]);
  await database.query(use, [hashOf(token), isoInstant(ports.now), seal(next, token, ports.randomBytes(12))]);
  return { userId: row.user_id, refreshToken: next };
}

function newToken(ports: Ports): string {
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
