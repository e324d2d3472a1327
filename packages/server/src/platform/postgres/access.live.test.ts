import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatabaseConnection } from '../database.ts';
import { openDatabaseServer } from './index.ts';

/** Two starts of a database, one of which makes it. */
const PATIENCE = 120_000;

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'molva-access-'));
  await chmod(dataDir, 0o711);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function ask(connection: DatabaseConnection, text: string): Promise<number | null> {
  const client = new pg.Client(connection);
  try {
    await client.connect();
    return (await client.query(text)).rowCount;
  } finally {
    await client.end().catch(() => undefined);
  }
}

it(
  'lets nobody into the embedded database without the password of the data folder, and gives one to a database of before',
  async () => {
    {
      await using server = await openDatabaseServer(dataDir, undefined);
      const { connection } = server;
      await expect(ask({ ...connection, password: undefined }, 'select')).rejects.toThrow(/password/);
      await expect(ask({ ...connection, password: 'guessed' }, 'select')).rejects.toThrow(/password/);
      expect(await ask(connection, 'create table kept (one integer)')).toBe(null);
      expect((await stat(join(dataDir, 'socket'))).mode & 0o777).toBe(0o700);
      expect((await stat(join(dataDir, 'secrets', 'database.password'))).mode & 0o777).toBe(0o600);
      // As a version of before left it.
      await ask(connection, 'alter role molva password null');
    }
    await rm(join(dataDir, 'secrets'), { recursive: true });
    await using server = await openDatabaseServer(dataDir, undefined);
    expect(await ask(server.connection, 'select from kept')).toBe(0);
    await expect(ask({ ...server.connection, password: undefined }, 'select')).rejects.toThrow(/password/);
  },
  PATIENCE,
);

it('does not put its socket into a folder that somebody else made', async () => {
  const deep = join(dataDir, 'x'.repeat(100));
  const short = createHash('sha256').update(deep).digest('hex').slice(0, 16);
  const taken = join(tmpdir(), `molva-${short}`);
  await mkdir(deep);
  await symlink(dataDir, taken);
  try {
    await expect(openDatabaseServer(deep, undefined)).rejects.toThrow(/is somebody else's/);
  } finally {
    await rm(taken);
  }
});
