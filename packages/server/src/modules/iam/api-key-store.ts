import { ApiKey, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type Selectable } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import type { Database } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';

/** A key as it is listed. */
export type ApiKeyRow = Pick<
  Selectable<Tables['api_keys']>,
  'id' | 'user_id' | 'name' | 'roles' | 'prefix' | 'created_at' | 'expires_at' | 'last_used_at'
>;

/** A key as a call needs it. */
export interface UsedKey extends Record<string, unknown> {
  readonly id: string;
  readonly user_id: number;
  readonly roles: string[];
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

/** A key as it is written; instants are ISO text. */
export interface ApiKeyWrite {
  readonly id: string;
  readonly company_id: number;
  readonly user_id: number;
  readonly name: string;
  readonly roles: string[];
  readonly key_hash: Buffer;
  readonly prefix: string;
  readonly created_at: string;
  readonly expires_at: string | null;
}

const list: ListSpec = {
  columns: {
    id: column('api_keys.id', 'uuid'),
    name: column('api_keys.name', 'text'),
    userId: column('api_keys.user_id', 'integer'),
    createdAt: column('api_keys.created_at', 'instant'),
    expiresAt: column('api_keys.expires_at', 'instant'),
    lastUsedAt: column('api_keys.last_used_at', 'instant'),
  },
  fallback: [{ field: 'createdAt', direction: 'desc' }],
  ties: ['id'],
  fields: Object.keys(ApiKey.properties),
};

const rowColumns = ['id', 'user_id', 'name', 'roles', 'prefix', 'created_at', 'expires_at', 'last_used_at'] as const;

/** A page of the company's keys. */
export async function listKeys(
  { lists }: Database,
  companyId: number,
  query: ListQuery & { userId?: number | undefined },
  view: (key: ApiKeyRow) => object,
): Promise<ListPage<object>> {
  const own = lists.builder.selectFrom('api_keys').where('company_id', '=', companyId);
  const narrowed = query.userId === undefined ? own : own.where('user_id', '=', query.userId);
  return readList(query, list, narrowed, async (page) => (await page.select(rowColumns).execute()).map(view));
}

/** Writes a new key; throws `cap-reached`. */
export async function insertKey({ builder }: Database, key: ApiKeyWrite): Promise<void> {
  const owner = key.company_id;
  const counted = sql`from api_keys where company_id = ${owner}`;
  await withinCap(builder, { cap: 'apiKeys', owner, counted }, (transaction) =>
    transaction.insertInto('api_keys').values(key).execute(),
  );
}

/** Deletes a key of the company; answers its hash, undefined where there is none. */
export async function deleteKey({ builder }: Database, id: string, companyId: number): Promise<Buffer | undefined> {
  const row = await builder
    .deleteFrom('api_keys')
    .where('id', '=', id)
    .where('company_id', '=', companyId)
    .returning('key_hash')
    .executeTakeFirst();
  return row?.key_hash;
}

const find = {
  name: 'api_keys_find',
  text: 'select id, user_id, roles, expires_at, last_used_at from api_keys where key_hash = $1',
};
const touch = { name: 'api_keys_touch', text: 'update api_keys set last_used_at = $2 where id = $1' };

/** The key of a hash. */
export async function findKey(database: Database, hash: Buffer): Promise<UsedKey | undefined> {
  const [row] = await database.query<UsedKey>(find, [hash]);
  return row;
}

/** Notes that a key was used. */
export async function touchKey(database: Database, id: string, now: number): Promise<void> {
  await database.query(touch, [id, isoInstant(now)]);
}
