import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeAccessRules } from './access.ts';
import { findBinaries } from './binaries.ts';
import { hasEnded, launch, stop } from './child.ts';
import { ensureCluster } from './cluster.ts';
import { ClusterLog } from './cluster-log.ts';
import { becomeReady, PATIENCE } from './readiness.ts';
import { runAs } from './run-as.ts';

const PASSWORD = 'a-password';
const as = runAs();
const binaries = findBinaries(process.env['PATH'] ?? '');
let dataDir: string;
let folder: string;
let log: ClusterLog;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'molva-starting-'));
  await chmod(dataDir, 0o711);
  as.own(dataDir);
  folder = join(dataDir, 'postgres');
  const starting = { tell: () => undefined, stop: new AbortController().signal };
  await ensureCluster(folder, { password: PASSWORD, binaries, as }, starting);
  log = new ClusterLog(join(dataDir, 'postgres.log'), { bytes: 20_000, look: 20 });
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function begin() {
  const places = { folder, socketFolder: dataDir, accessRules: writeAccessRules(dataDir) };
  return launch(places, binaries, as, log);
}

/** Waits for a server, telling often; answers what was told. */
async function ready(child: ReturnType<typeof begin>, from: number, silence: number, tell = (_sentence: string) => {}) {
  const starting = { tell, stop: new AbortController().signal };
  await becomeReady(child, folder, log, from, starting, { ...PATIENCE, silence, tell: 50 });
}

it('a recovery that takes long tells how far it is, is given up when it says nothing any more, and ends well when it ends', async () => {
  // A server that waits for a primary recovers without an end, until somebody says that it is enough.
  const waiting = join(folder, 'standby.signal');
  await writeFile(waiting, '');
  as.own(waiting);
  const settings = join(folder, 'postgresql.auto.conf');
  await writeFile(settings, 'hot_standby = off\n');
  as.own(settings);
  const silent = begin();
  let from = log.size;
  await expect(ready(silent, from, 1_000)).rejects.toThrow(`All it said is at the end of ${log.path}.`);
  expect(hasEnded(silent)).toBe(true);

  from = log.size;
  const child = begin();
  const told: string[] = [];
  const promote = async (): Promise<void> => {
    const file = join(folder, 'promote');
    await writeFile(file, '');
    as.own(file);
    child.kill('SIGUSR1');
  };
  try {
    await ready(child, from, 60_000, (sentence) => {
      told.push(sentence);
      if (told.length === 3) void promote();
    });
    expect(told.at(-1)).toMatch(/^the database has been starting for \d+ s: LOG: {2}\S/);
  } finally {
    await stop(child);
    await rm(waiting, { force: true });
    await rm(settings, { force: true });
  }
});

it('what the server writes while it runs stays short: what was before is kept beside it, and it goes on where it cannot be', async () => {
  const from = log.size;
  const child = begin();
  await ready(child, from, 60_000);
  const client = new pg.Client({ host: dataDir, user: 'molva', password: PASSWORD, database: 'postgres' });
  await client.connect();
  using _watching = log.watch();
  const complain = async (): Promise<void> =>
    void (await client.query(`do $$ begin raise log '%', repeat('x', 9000); end $$`));
  const before = `${log.path}.1`;
  const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;
  try {
    for (let line = 0; line < 3; line++) await complain();
    await expect.poll(() => log.size).toBeLessThan(9_000);
    expect(await sizeOf(before)).toBeGreaterThan(20_000);
    await complain();
    expect(log.lastLine(0)).not.toBe('');
    expect(log.size).toBeLessThan(12_000);
    // A folder in its place cannot be written to.
    await rm(before);
    await mkdir(before);
    for (let line = 0; line < 3; line++) await complain();
    // The second of them was too much already, and the third may have come behind the look at it.
    await expect.poll(() => log.size).toBeLessThan(12_000);
  } finally {
    await client.end();
    await stop(child);
  }
});
