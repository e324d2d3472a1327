import { openDatabase } from '../platform/database.ts';
import { migrate } from '../platform/migrations.ts';
import type { AppOptions } from './options.ts';

/** How long a step of an upgrade may take. */
const UPGRADE_MS = 3_600_000;

/** Brings the schema up to date, over a connection that lets it take its time. */
export async function upgrade({ connection, log }: AppOptions): Promise<void> {
  await using database = openDatabase(connection, 1, () => undefined, { limit: UPGRADE_MS });
  const applied = await migrate(database);
  if (applied > 0) log.info({ applied }, 'the database was brought up to date');
}
