import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Ids } from './ids.ts';

/** A key that secrets are sealed with; null where it is given up, and with it what was sealed with it. */
export interface DataKey {
  readonly id: string;
  readonly key: Uint8Array | null;
}

/** Before whatever is sealed; the key's id and the bytes follow. */
const PREFIX = 'sealed:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Seals what the database keeps of secrets: AES-256-GCM under a key of the data folder or the environment, which the
 * database never sees. Each is bound to its place, so that a sealed text that is moved elsewhere does not open there.
 */
export class Vault {
  readonly #keys: ReadonlyMap<string, Uint8Array | null>;
  readonly #current: { readonly id: string; readonly key: Uint8Array };
  readonly #ids: Pick<Ids, 'randomBytes'>;

  /** @param keys the first one seals, the others open what they sealed before */
  constructor(keys: readonly DataKey[], ids: Pick<Ids, 'randomBytes'>) {
    const [first] = keys;
    if (first === undefined || first.key === null) throw new Error('the first data key seals: there must be one');
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    this.#current = { id: first.id, key: first.key };
    this.#ids = ids;
  }

  /** The id of the key that seals. */
  get current(): string {
    return this.#current.id;
  }

  /** Whether there is a key of an id, or it is known to be given up. */
  knows(id: string): boolean {
    return this.#keys.has(id);
  }

  /** Seals a text for a place. */
  seal(text: string, place: string): string {
    const { id, key } = this.#current;
    const nonce = this.#ids.randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${id}:${bytes.toString('base64url')}`;
  }

  /**
   * What was sealed for a place. A text that is not sealed was written before there were keys and is answered as it is;
   * one whose key is given up is null. Throws where it was sealed for another place, or changed.
   */
  open(sealed: string, place: string): string | null {
    const id = sealedBy(sealed);
    if (id === undefined) return sealed;
    const key = this.#keys.get(id);
    if (key === null) return null;
    if (key === undefined) throw new Error(`a secret was sealed with the data key ${id}, which is not there`);
    const bytes = Buffer.from(sealed.slice(PREFIX.length + id.length + 1), 'base64url');
    const opener = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    opener.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return opener.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + opener.final('utf8');
  }

  /** The text sealed with the key of the day: the same one where it is that already; null where its key is given up. */
  renew(sealed: string, place: string): string | null {
    if (sealedBy(sealed) === this.#current.id) return sealed;
    const text = this.open(sealed, place);
    return text === null ? null : this.seal(text, place);
  }
}

/** The id of the key a text was sealed with; undefined of one that is not sealed. */
export function sealedBy(text: string): string | undefined {
  return /^sealed:([\w-]{1,32}):[\w-]+$/.exec(text)?.[1];
}

/** The place that an outgoing call of a session is sealed for: its address, and its body with what is handed back there. */
export function deliveryPlace(sessionId: string): string {
  return `delivery:${sessionId}`;
}

/** Keys as they are written: `id:key`, the key in base64 or the word `forgotten`, between commas or white space. */
export function parseDataKeys(text: string): readonly DataKey[] {
  const keys = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const parsed = keys.map((entry): DataKey => {
    const [, id = '', written = ''] = /^([\w-]{1,32}):(.+)$/.exec(entry) ?? [];
    const key = written === 'forgotten' ? null : Buffer.from(written, 'base64');
    if (id === '' || (key !== null && key.length !== KEY_BYTES)) {
      throw new Error('must be a list of keys such as 2026-01:<32 bytes in base64>, the one that seals first');
    }
    return { id, key };
  });
  const [first] = parsed;
  if (first === undefined || first.key === null) throw new Error('must begin with the key that seals');
  if (new Set(parsed.map(({ id }) => id)).size < parsed.length) throw new Error('must name each key once');
  return parsed;
}

/** A new key as it is written; its name is a part of what is random. */
export function newDataKey(random: (count: number) => Uint8Array): string {
  return `${Buffer.from(random(4)).toString('hex')}:${Buffer.from(random(KEY_BYTES)).toString('base64')}`;
}
