import type { Database, Prepared } from './database.ts';
import { StartError } from './start-error.ts';
import type { Vault } from './vault.ts';

const PROOF = 'a data key';
const PAGE = 500;

const used = { name: 'data_keys', text: 'select id, proof from data_keys order by id' };
const claim = {
  name: 'data_keys_claim',
  text: 'insert into data_keys (id, proof) values ($1, $2) on conflict (id) do nothing',
};
const settle = {
  name: 'data_keys_settle',
  text: `delete from data_keys where id <> $1
    and not exists (select from deliveries where url like 'sealed:' || data_keys.id || ':%')`,
};

/**
 * Compares the keys with those that something in the database is sealed with; answers whether what is sealed, or was
 * written before there were keys, is to be sealed anew. Throws `StartError` where a key is missing, or another one.
 */
export async function claimDataKeys(database: Database, vault: Vault): Promise<boolean> {
  const rows = await database.query<{ id: string; proof: string }>(used, []);
  for (const { id, proof } of rows) {
    if (!vault.knows(id)) {
      throw new StartError(
        `The secrets in the database are sealed with the data key ${id}, which is neither in secrets/data.keys nor in MOLVA_DATA_KEYS: restore it from the backup it belongs to, or, where it is lost, add ${id}:forgotten to them and set those secrets anew.`,
      );
    }
    if (!opens(vault, proof)) {
      throw new StartError(
        `The data key ${id} is another one than the secrets in the database are sealed with: restore the one of this database.`,
      );
    }
  }
  await database.query(claim, [vault.current, vault.seal(PROOF, PROOF)]);
  return rows.length !== 1 || rows[0]?.id !== vault.current;
}

/** Notes that everything is sealed with the key of the day: the others are needed for backups alone. */
export async function settleDataKeys(database: Database, vault: Vault): Promise<void> {
  await database.query(settle, [vault.current]);
}

function opens(vault: Vault, proof: string): boolean {
  try {
    return vault.open(proof, PROOF) !== undefined;
  } catch {
    return false;
  }
}

/** How the sealed column of a table is read and written, and what becomes of a value. */
export interface SealedColumn {
  /** Rows with their id and value as text, above an id ($1), so many ($2), in the order of ids. */
  readonly read: Prepared;
  /** Writes a new value ($3) of a row ($1) whose value is still the old one ($2). */
  readonly write: Prepared;
  /** An id below all. */
  readonly first: string;
  readonly renew: (value: string, id: string) => string | null;
}

/** Seals the values of a column anew, page by page; what somebody wrote meanwhile is sealed already. */
export async function resealColumn(database: Database, { read, write, first, renew }: SealedColumn): Promise<void> {
  for (let after = first; ;) {
    const rows = await database.query<{ id: string; value: string }>(read, [after, PAGE]);
    for (const { id, value } of rows) {
      const renewed = renew(value, id);
      if (renewed !== value) await database.query(write, [id, value, renewed]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}
