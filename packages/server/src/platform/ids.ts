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

/** UUID version 7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter within the millisecond, then randomness. */
function uuid7Generator(now: () => number): () => string {
  const pool = Buffer.alloc(POOL);
  let used = POOL;
  let last = 0;
  let counter = 0;
  return () => {
    const time = now();
    if (time > last) {
      last = time;
      counter = 0;
    } else if (++counter > 0xfff) {
      last += 1;
      counter = 0;
    }
    if (used + 8 > POOL) {
      randomFillSync(pool);
      used = 0;
    }
    pool[used] = ((pool[used] ?? 0) & 0x3f) | 0x80;
    const tail = pool.toString('hex', used, used + 8);
    used += 8;
    const head = last.toString(16).padStart(12, '0');
    const middle = counter.toString(16).padStart(3, '0');
    return `${head.slice(0, 8)}-${head.slice(8)}-7${middle}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
