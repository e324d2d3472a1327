import { resolve } from 'node:path';
import type { DatabaseConnection } from '../database.ts';
import { openEmbedded, type EmbeddedStart } from './embedded.ts';
import { openExternal } from './external.ts';

/** A database server that is ready. */
export interface DatabaseServer extends AsyncDisposable {
  readonly connection: DatabaseConnection;
  readonly kind: 'embedded' | 'external';
  /** Resolves, with a sentence, as soon as the embedded server ends without being asked to. */
  readonly failed: Promise<string>;
  /** Ends an embedded server within a time: in order, or, where that takes longer, as it can be. */
  end(withinMs: number): Promise<void>;
}

const quiet: EmbeddedStart = {
  tell: () => undefined,
  stop: new AbortController().signal,
  copyOf: () => Promise.resolve(undefined),
};

/**
 * The external server where an address is given, else an embedded one in the data folder.
 * @param start what a start that takes long says, what ends it, and whether a copy is kept before it goes on
 */
export function openDatabaseServer(
  dataDir: string,
  databaseUrl: string | undefined,
  start: Partial<EmbeddedStart> = {},
): Promise<DatabaseServer> {
  return databaseUrl === undefined
    ? openEmbedded(resolve(dataDir), { ...quiet, ...start })
    : openExternal(databaseUrl, start);
}
