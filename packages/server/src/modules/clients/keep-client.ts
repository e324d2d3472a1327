import { databaseError, UNIQUE_VIOLATION, type Queryable, type Statement } from '../../platform/database.ts';
import { noRoom } from '../../platform/failure.ts';
import { isoInstant } from '../../platform/instant.ts';
import { clientColumns, type ClientRow } from './claim.ts';
import type { FoundClient } from './find-client.ts';

/** Somebody wrote the client, or began something for it, since it was looked at: whoever goes by that looks again. */
export class LookAgain extends Error {
  constructor() {
    super('the client is not as it was found');
  }
}

/** How often a call looks again that others of the same client overtook. */
const MOST_LOOKS = 8;

/**
 * Does again, from its look at the client on, what somebody overtook. Throws `no-room` where others were faster every
 * time: nothing of the call is written, and it may succeed in a moment.
 */
export async function lookingAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LookAgain)) throw error;
      if (look === MOST_LOOKS) throw noRoom('client-contended');
    }
  }
}

/** What a call can change of a client there is. */
const changeable = clientColumns.filter(
  (column) => !['id', 'company_id', 'banned_at', 'created_at', 'updated_at'].includes(column),
);
const insertClient = {
  name: 'client_insert',
  text: `insert into clients (${clientColumns.join(', ')}) values (${clientColumns.map((_, index) => `$${index + 1}`).join(', ')})
    on conflict do nothing returning id`,
};
/** What was found of it, as far as it decides: who it is, and whether it is banned. */
const asFound = `company_id = $1 and id = $2 and verified = $3 and claimed = $4 and external_id is not distinct from $5
  and messenger_user_id is not distinct from $6 and (banned_at is not null) = $7`;
const lockClient = { name: 'client_lock', text: `select id from clients where ${asFound} for no key update` };
/** Writes some columns of it, and leaves the others to whoever writes them at the same time. */
function updateOf(columns: readonly string[]): Statement {
  const set = ['updated_at', ...columns].map((column, index) => `${column} = $${index + 8}`);
  return { text: `update clients set ${set.join(', ')} where ${asFound} returning id` };
}

/**
 * Writes a client as it was found to be and holds it until the end of the transaction, so that calls for one client that
 * come at once go one after the other. Throws `LookAgain` where it is no longer as it was found; nothing else of the
 * transaction may be kept then.
 */
export async function keepClient(connection: Queryable, { row, known }: FoundClient, now: number): Promise<void> {
  try {
    const rows = await written(connection, row, known, now);
    if (rows.length === 0) throw new LookAgain();
  } catch (error) {
    // Another client has an identity of it by now.
    if (databaseError(error)?.code === UNIQUE_VIOLATION) throw new LookAgain();
    throw error;
  }
}

/** Whether a call changes what is kept of its client. */
export function changesClient({ row, known }: Pick<FoundClient, 'row' | 'known'>): boolean {
  return known === null || changedIn(row, known).length > 0;
}

function changedIn(row: ClientRow, known: ClientRow): (keyof ClientRow)[] {
  return changeable.filter((column) => row[column] !== known[column]);
}

function written(
  connection: Queryable,
  row: ClientRow,
  known: ClientRow | null,
  now: number,
): Promise<{ id: string }[]> {
  const at = isoInstant(now);
  const value = (column: keyof ClientRow): unknown => {
    if (column === 'created_at' || column === 'updated_at') return at;
    return column === 'proof' && row.proof !== null ? JSON.stringify(row.proof) : row[column];
  };
  if (known === null) return connection.query(insertClient, clientColumns.map(value));
  const { company_id, id, verified, claimed, external_id, messenger_user_id, banned_at } = known;
  const found = [company_id, id, verified, claimed, external_id, messenger_user_id, banned_at !== null];
  const changed = changedIn(row, known);
  if (changed.length === 0) return connection.query(lockClient, found);
  return connection.query(updateOf(changed), [...found, at, ...changed.map(value)]);
}
