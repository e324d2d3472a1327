import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseConnection } from '../database.ts';
import { overOne } from '../database/one.ts';
import { StartError } from '../start-error.ts';
import type { Binaries } from './binaries.ts';
import type { RunAs } from './run-as.ts';

/** Name of the embedded server's superuser. */
export const CLUSTER_USER = 'molva';

/** What PostgreSQL refuses a wrong password with, and a role that has none. */
const REFUSED: ReadonlySet<string> = new Set(['28P01', '28000']);

const RULES = `# Written at each start. Whoever comes over the socket of Molva needs the password in secrets/database.password.
local all ${CLUSTER_USER} scram-sha-256
`;

/**
 * Writes who is let in, and answers the path. The file belongs to whoever starts Molva and not to whoever the server
 * runs as, beside the cluster and not in it: a version of before, put back on a copy, finds its own rules there.
 */
export function writeAccessRules(dataDir: string): string {
  const path = join(dataDir, 'postgres.access');
  writeFileSync(`${path}.new`, RULES, { mode: 0o644 });
  renameSync(`${path}.new`, path);
  return path;
}

/** Gives the superuser of a cluster whose server is stopped its password, which no command line shows. */
export function setPassword(folder: string, password: string, binaries: Binaries, as: RunAs): void {
  const { command, args } = as.wrap(join(binaries.folder, 'postgres'), ['--single', '-D', folder, 'postgres']);
  const { status, stderr, error } = spawnSync(command, args, {
    input: `alter role ${CLUSTER_USER} password '${password}'\n`,
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  if (status === 0) return;
  const reason = (stderr ?? error?.message ?? '').trim().split('\n').at(-1) ?? '';
  throw new StartError(`The database in ${folder} could not be given its password: ${reason}`);
}

/** Whether a server lets this password in. */
export async function isLetIn(connection: DatabaseConnection): Promise<boolean> {
  try {
    return await overOne(connection, async () => true);
  } catch (error) {
    if (REFUSED.has((error as { code?: string }).code ?? '')) return false;
    throw new StartError(`The database has started, but cannot be used: ${(error as Error).message}`);
  }
}
