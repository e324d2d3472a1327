import { spawnSync } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { DatabaseConnection } from '../database.ts';
import { overOne } from '../database/one.ts';
import { StartError } from '../start-error.ts';
import type { Binaries } from './binaries.ts';
import { ENVIRONMENT } from './programs.ts';
import type { RunAs } from './run-as.ts';

/** Name of the embedded server's superuser. */
export const CLUSTER_USER = 'molva';

/** The way into the embedded database. */
type Entrance = Extract<DatabaseConnection, { readonly host: string }>;

/** What PostgreSQL says where there is no database of a name. */
const NO_DATABASE = '3D000';
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

/** Rounds that a password is worked over before it is kept, as many as the server would take. */
const ROUNDS = 4_096;

/** What a server keeps of a password (RFC 5803): it lets the password in, and nobody comes in with it. */
export function verifierOf(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ROUNDS, 32, 'sha256');
  const keyOf = (words: string): Buffer => createHmac('sha256', salted).update(words).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ROUNDS}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}

/** Gives the superuser of a cluster whose server is stopped its password, which no command line shows. */
export function setPassword(folder: string, password: string, binaries: Binaries, as: RunAs): void {
  const { command, args } = as.wrap(join(binaries.folder, 'postgres'), ['--single', '-D', folder, 'postgres']);
  const { status, stderr, error } = spawnSync(command, args, {
    input: `alter role ${CLUSTER_USER} password '${password}'\n`,
    encoding: 'utf8',
    cwd: '/',
    env: ENVIRONMENT,
  });
  if (status === 0) return;
  const reason = (stderr ?? error?.message ?? '').trim().split('\n').at(-1) ?? '';
  throw new StartError(`The database in ${folder} could not be given its password: ${reason}`);
}

/**
 * Comes in, does the work, and answers what it comes to; undefined where the server does not let this password in. The
 * database is made where there is none yet.
 */
export async function comeIn<T>(
  connection: Entrance,
  isNew: boolean,
  work: (client: pg.Client) => Promise<T>,
): Promise<{ readonly done: T } | undefined> {
  const make = (): Promise<unknown> =>
    overOne({ ...connection, database: 'postgres' }, (client) =>
      client.query(`create database ${connection.database}`),
    );
  try {
    if (isNew) await make();
    return { done: await overOne(connection, work) };
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (REFUSED.has(code)) return undefined;
    if (code === NO_DATABASE) return comeIn(connection, true, work);
    if (error instanceof StartError) throw error;
    throw new StartError(`The database has started, but cannot be used: ${(error as Error).message}`);
  }
}
