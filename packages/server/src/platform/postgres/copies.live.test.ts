import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type DatabaseConnection } from '../database.ts';
import { overOne } from '../database/one.ts';
import { migrate, stepBefore } from '../migrations.ts';
import { keepCopy } from './copies.ts';
import { openDatabaseServer } from './index.ts';
import { runAs } from './run-as.ts';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'molva-copies-'));
  await chmod(dataDir, 0o711);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function upgrade(connection: DatabaseConnection, last?: number): Promise<number> {
  await using database = openDatabase(connection, 1, () => undefined);
  return await migrate(database, last);
}

async function stepsOf(connection: DatabaseConnection): Promise<number> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query<{ steps: number }>('select count(*)::int as steps from molva_migrations');
  await client.end();
  return rows[0]?.steps ?? 0;
}

/** Four starts of a database, one of which makes it. */
const PATIENCE = { timeout: 120_000 };

describe('before an upgrade', PATIENCE, () => {
  it('a copy is kept that can be put in the place of the database; an empty and a current one need none', async () => {
    const said: string[] = [];
    const start = { tell: (sentence: string) => void said.push(sentence), copyOf: stepBefore };
    {
      await using server = await openDatabaseServer(dataDir, undefined, start);
      await upgrade(server.connection, 13);
    }
    expect(said).toEqual([]);
    const folder = join(dataDir, 'postgres');
    const copy = `${folder}-before-000013_chats_settings_order`;
    {
      await using server = await openDatabaseServer(dataDir, undefined, start);
      expect(said.at(-1)).toContain(`is kept in ${copy}; to go back`);
      expect(await upgrade(server.connection)).toBeGreaterThan(0);
      expect(await overOne(server.connection, stepBefore)).toBe(undefined);
    }
    await rm(folder, { recursive: true });
    await rename(copy, folder);
    await using server = await openDatabaseServer(dataDir, undefined);
    // Step 7 was never shipped.
    expect(await stepsOf(server.connection)).toBe(12);
  });
});

describe('copies', () => {
  it('are two at most, and none is left half done', async () => {
    const folder = join(dataDir, 'small');
    await mkdir(folder);
    await mkdir(`${folder}-before-3.new`);
    for (const name of ['1', '2', '2', '3']) await keepCopy(folder, name, runAs(), () => undefined);
    const left = (await readdir(dataDir)).filter((name) => name.startsWith('small'));
    expect(left.toSorted()).toEqual(['small', 'small-before-2', 'small-before-3']);
  });

  it('refuse the upgrade, and change nothing, where there is no room', async () => {
    const folder = join(dataDir, 'large');
    await mkdir(folder);
    const room = () => Promise.resolve({ bavail: 300, bsize: 1024 * 1024 });
    await mkdir(`${folder}-before-1`);
    await expect(keepCopy(folder, '2', runAs(), () => undefined, room)).resolves.toBe(undefined);
    const none = () => Promise.resolve({ bavail: 200, bsize: 1024 * 1024 });
    await expect(keepCopy(folder, '3', runAs(), () => undefined, none)).rejects.toThrow(
      /it needs 256 MiB, and \S+ has 200 MiB left\. .*MOLVA_UPGRADE_COPY=false\. Nothing was changed/,
    );
    const left = (await readdir(dataDir)).filter((name) => name.startsWith('large'));
    expect(left.toSorted()).toEqual(['large', 'large-before-1', 'large-before-2']);
  });
});
