import { caps, capText, type CapName } from '@molva/contract';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import { Failure, noRoom } from './failure.ts';
import { Lines } from './lines.ts';
import type { Tables } from './tables.ts';

/** What a cap is of: whose it is, and the rows that count, as the rest of a statement from its `from` on. */
export interface Capped {
  readonly cap: CapName;
  readonly owner: number | string;
  readonly counted: RawBuilder<unknown>;
}

/** Creations for one owner that wait for their turn; a crowd is refused at once. */
const MOST_WAITING = 200;
const lines = new Lines<string>(MOST_WAITING, (name) => noRoom('caps-crowded', { cap: name.split(' ', 1).join('') }));

/**
 * Creates one more of what there may be so many of. Those who create for one owner do it one after the other, in every
 * process, so that no two of them together go beyond. Throws `cap-reached`, and `no-room` where too many wait.
 */
export function withinCap<T>(
  builder: Kysely<Tables>,
  { cap, owner, counted }: Capped,
  create: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const name = `${cap} ${owner}`;
  // Who waits for others of this process has no connection meanwhile; the lock is for other processes.
  return lines.take(name, () =>
    builder.transaction().execute(async (transaction) => {
      const { most } = caps[cap];
      await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
      // A statement of its own: it sees what those before committed.
      const { rows } = await sql<{ there: number }>`select count(*)::integer as there
        from (select ${counted} limit ${most}) counted`.execute(transaction);
      if ((rows[0]?.there ?? 0) >= most) throw capReached(cap);
      return create(transaction);
    }),
  );
}

function capReached(cap: CapName): Failure {
  const failure = new Failure('cap-reached');
  failure.message = capText(cap);
  return failure;
}
