import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';

/** Ids and randomness, as everything in the server gets them: tests own them. */
export interface Ids {
  /** Random: for ids that are capabilities. */
  uuid4(): string;
  /** Ordered by time: for rows. */
  uuid7(): string;
  randomBytes(count: number): Uint8Array;
  /** From 0 up to 1, not included. */
  random(): number;
}

/** Ids from the machine's own randomness. */
export function systemIds(now: () => number): Ids {
  return {
    uuid4: () => randomUUID(),
    uuid7: uuid7Generator(now),
    randomBytes: (count) => randomBytes(count),
    random: () => Math.random(),
  };
}

const POOL = 4096;
/** Hexadecimal digits of the random half of an id. */
const TAIL = 16;

/** UUID version 7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter within the millisecond, then randomness. */
function uuid7Generator(now: () => number): () => string {
  const bytes = Buffer.alloc(POOL);
  let pool = '';
  let used = 0;
  let last = 0;
  let counter = 0;
  let head = '';
  const begin = (time: number): void => {
    last = time;
    counter = 0;
    const digits = time.toString(16).padStart(12, '0');
    head = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
  };
  const refill = (): void => {
    randomFillSync(bytes);
    for (let at = 0; at < POOL; at += TAIL / 2) bytes[at] = ((bytes[at] ?? 0) & 0x3f) | 0x80;
    pool = bytes.toString('hex');
    used = 0;
  };
  return () => {
    const time = now();
    if (time > last) begin(time);
    else if (++counter > 0xfff) begin(last + 1);
    if (used === pool.length) refill();
    const middle = (0x1000 + counter).toString(16).slice(1);
    const id = `${head}${middle}-${pool.slice(used, used + 4)}-${pool.slice(used + 4, used + TAIL)}`;
    used += TAIL;
    return id;
  };
}

/** The form of an id. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
