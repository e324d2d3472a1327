import { hash as digestOf } from 'node:crypto';
import type { CreateApiKeyBody, ListPage, ListQuery } from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { badField, Failure, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import { deleteKey, findKey, insertKey, listKeys, touchKey, type ApiKeyRow, type UsedKey } from './api-key-store.ts';
import { BELIEVED_MS } from './believed.ts';
import { rolesOfKey } from './roles.ts';
import type { UserStandings } from './user-standing.ts';
import type { Viewer } from './visibility.ts';

/** What the keys need. */
export interface ApiKeyPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly standings: UserStandings;
}

/** A known key; when it was last used is kept here and written now and then. */
interface Known {
  readonly key: UsedKey;
  usedAt: number;
}

const PREFIX = 'molva_';
const FORM = /^molva_[\w-]{43}$/;
/** Characters of a key that may be shown afterwards: the prefix and 36 bits of its 256. */
const SHOWN = PREFIX.length + 6;
/** How often the use of a key is written down. */
const TOUCH_MS = 60_000;
/** The last instant a key may end at; databases know no year of five digits as ISO 8601 writes it. */
const LAST_END = Date.parse('9999-12-31T00:00:00Z');

/** Whether a bearer text has the form of an API key. */
export function isApiKey(text: string): boolean {
  return FORM.test(text);
}

/** Keys of back ends: each acts as its user, with its own roles as far as the user has them. */
export class ApiKeys {
  readonly #ports: ApiKeyPorts;
  /** By the hash in hexadecimal. */
  readonly #known: MemoryPart<string, Known | undefined>;

  constructor(ports: ApiKeyPorts) {
    this.#ports = ports;
    this.#known = ports.memory.part({
      name: 'api-key',
      lifeMs: BELIEVED_MS,
      async read(hash): Promise<Known | undefined> {
        const key = await findKey(ports.database, Buffer.from(hash, 'hex'));
        return key && { key, usedAt: key.last_used_at ?? 0 };
      },
    });
    ports.changes.on('api-key', (hash) => this.#known.drop(hash));
  }

  /** The user a key acts as; throws `token-invalid` where the key or its user has ended. */
  async identify(text: string): Promise<Viewer> {
    const { clock, database, standings } = this.#ports;
    const known = await this.#known.get(hashOf(text).toString('hex'));
    const now = clock.now();
    if (known === undefined || (known.key.expires_at ?? Infinity) <= now) throw new Failure('token-invalid');
    const { id, user_id: userId, roles } = known.key;
    const user = await standings.get(userId);
    if (user === undefined || user.blocked) throw new Failure('token-invalid');
    if (now - known.usedAt >= TOUCH_MS) {
      known.usedAt = now;
      await touchKey(database, id, now);
    }
    return { id: userId, companyId: user.companyId, roles: rolesOfKey(roles, user.roles), apiKeyId: id };
  }

  /** A page of the company's keys. */
  list(
    companyId: number,
    query: ListQuery & { userId?: number },
    view: (key: ApiKeyRow) => object,
  ): Promise<ListPage<object>> {
    return listKeys(this.#ports.database, companyId, query, view);
  }

  /** Creates a key and answers it, this once; throws `entity-not-found` for a user the company has not. */
  async create(viewer: Viewer, body: CreateApiKeyBody): Promise<{ id: string; key: string }> {
    const { database, clock, ids, standings } = this.#ports;
    const now = clock.now();
    const user = await standings.get(body.userId ?? viewer.id);
    if (user === undefined || user.companyId !== viewer.companyId) throw notFound();
    if (user.blocked) throw badField('userId', 'is a blocked user');
    const beyond = body.roles.filter((role) => !rolesOfKey([role], user.roles).includes(role));
    if (beyond.length > 0) throw badField('roles', `the user has not ${beyond.join(', ')}`);
    const key = PREFIX + Buffer.from(ids.randomBytes(32)).toString('base64url');
    const id = ids.uuid7();
    await insertKey(database, {
      id,
      company_id: user.companyId,
      user_id: user.id,
      name: body.name,
      roles: body.roles,
      key_hash: hashOf(key),
      prefix: key.slice(0, SHOWN),
      created_at: isoInstant(now),
      expires_at: endOf(body.expiresAt, now),
    });
    return { id, key };
  }

  /** Deletes a key of the company, which ends at once; throws `entity-not-found`. */
  async delete(id: string, companyId: number): Promise<void> {
    const hash = await deleteKey(this.#ports.database, id, companyId);
    if (hash === undefined) throw notFound();
    this.#ports.changes.tell('api-key', hash.toString('hex'));
  }
}

/** Keys have 256 bits of randomness: nobody can try them out, so that a plain hash keeps them. */
function hashOf(key: string): Buffer {
  return digestOf('sha256', key, 'buffer');
}

function endOf(given: string | null | undefined, now: number): string | null {
  if (given === undefined || given === null) return null;
  const end = Date.parse(given);
  if (!(end > now && end < LAST_END)) throw badField('expiresAt', 'must be an instant to come');
  return isoInstant(end);
}
