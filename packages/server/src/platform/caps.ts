import { caps, capText, type CapName } from '@molva/contract';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import { Failure } from './failure.ts';
import type { Tables } from './tables.ts';

/** What a cap is of: whose it is, and the rows that count, as the rest of a statement from its `from` on. */
export interface Capped {
  readonly cap: CapName;
  readonly owner: number | string;
  readonly counted: RawBuilder<unknown>;
}

/**
 * Creates one more of what there may be so many of. Those who create for one owner do it one after the other, in every
 * process, so that no two of them together go beyond. Throws `cap-reached`.
 */
export function withinCap<T>(
  builder: Kysely<Tables>,
  { cap, owner, counted }: Capped,
  create: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return builder.transaction().execute(async (transaction) => {
    const { most } = caps[cap];
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${cap} ${owner}`}, 0))`.execute(transaction);
    // A statement of its own: it sees what those before committed.
    const { rows } = await sql<{ there: number }>`select count(*)::integer as there
      from (select ${counted} limit ${most}) counted`.execute(transaction);
    if ((rows[0]?.there ?? 0) >= most) throw capReached(cap);
    return create(transaction);
  });
}

function capReached(cap: CapName): Failure {
  const failure = new Failure('cap-reached');
  failure.message = capText(cap);
  return failure;
}
