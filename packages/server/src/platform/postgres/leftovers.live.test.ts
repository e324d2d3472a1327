import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { clusterProcesses, signalProcess } from './cluster-processes.ts';
import { openDatabaseServer, type DatabaseServer } from './index.ts';
import { clearLeftovers } from './leftovers.ts';
import { runAs } from './run-as.ts';

const as = runAs();
const strangers: ChildProcess[] = [];
let dataDir: string;
let cluster: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'molva-leftovers-'));
  await chmod(dataDir, 0o711);
  cluster = join(dataDir, 'postgres');
  await using _server = await openDatabaseServer(dataDir, undefined);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));
afterEach(() => {
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL');
});

/** Kills the server and all its children, as the end of a container does; answers the file it leaves. */
async function crash(server: DatabaseServer): Promise<string> {
  const left = await readFile(join(cluster, 'postmaster.pid'), 'utf8');
  for (const one of clusterProcesses(cluster, as)) signalProcess(one, 'SIGKILL');
  await expect.poll(() => clusterProcesses(cluster, as)).toEqual([]);
  await server[Symbol.asyncDispose]();
  return left;
}

/** Leaves files of the dead that name this number. */
async function leave(file: string, pid: number): Promise<void> {
  await writeFile(join(cluster, 'postmaster.pid'), file.replace(/^\d+/, String(pid)));
  const lock = join(dataDir, 'socket', '.s.PGSQL.5432.lock');
  await writeFile(lock, file.replace(/^\d+/, String(pid)));
}

/** Runs a program of the user that PostgreSQL runs as, from a shell that says the number it is about. */
async function stranger(script: string): Promise<number> {
  const { command, args } = as.wrap('sh', ['-c', script]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  strangers.push(child);
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return Number(said.toString());
}

async function works(connection: DatabaseServer['connection']): Promise<boolean> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query('select 1 as one');
  await client.end();
  return rows.length === 1;
}

async function startsOver(): Promise<boolean> {
  await using server = await openDatabaseServer(dataDir, undefined);
  return await works(server.connection);
}

describe('a start after everything was killed', () => {
  it('is not refused by a zombie that has the number of the dead server', async () => {
    const file = await crash(await openDatabaseServer(dataDir, undefined));
    // The shell becomes a program that waits for nobody.
    await leave(file, await stranger('sleep 0 & echo $!; exec sleep 1000'));
    expect(await startsOver()).toBe(true);
  });

  it('is not refused by another program, or a thread of one, under that number, and leaves it alone', async () => {
    const file = await crash(await openDatabaseServer(dataDir, undefined));
    const pid = await stranger('echo $$; exec sleep 1000');
    await leave(file, pid);
    expect(await startsOver()).toBe(true);
    expect(strangers[0]?.signalCode).toBe(null);

    const again = await crash(await openDatabaseServer(dataDir, undefined));
    const threads = process.platform === 'linux' ? await readdir('/proc/self/task') : [String(process.pid)];
    await leave(again, Number(threads.at(-1)));
    expect(await startsOver()).toBe(true);
  });

  it('leaves a PostgreSQL of somebody else alone that has the number by now', async () => {
    const connection = await freshDatabase();
    const client = new pg.Client(connection);
    await client.connect();
    const { rows } = await client.query<{ file: string }>("select pg_read_file('postmaster.pid') as file");
    const file = await crash(await openDatabaseServer(dataDir, undefined));
    await leave(file, Number.parseInt(rows[0]?.file ?? '', 10));
    expect(await startsOver()).toBe(true);
    // The connection of before stands: it was not even restarted.
    expect((await client.query('select 1')).rowCount).toBe(1);
    await client.end();
  });

  it('takes no word of the dead for one of the living: what they left is gone before the new server starts', async () => {
    const file = await crash(await openDatabaseServer(dataDir, undefined));
    await writeFile(join(cluster, 'postmaster.pid'), '');
    expect(await startsOver()).toBe(true);
    await leave(file, 4_000_000);
    await clearLeftovers(cluster, join(dataDir, 'socket'), as, () => undefined);
    expect(await readdir(join(dataDir, 'socket'))).toEqual([]);
    expect(await readdir(cluster)).not.toContain('postmaster.pid');
  });

  it('ends the server of a killed Molva, and what of it stands still, and says so', async () => {
    const first = await openDatabaseServer(dataDir, undefined);
    const said: string[] = [];
    const server = await openDatabaseServer(dataDir, undefined, { tell: (sentence) => said.push(sentence) });
    expect(await first.failed).toMatch(/ended unexpectedly \(code 0\)/);
    expect(await works(server.connection)).toBe(true);

    const [postmaster] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
    const children = clusterProcesses(cluster, as).filter(({ pid }) => pid !== Number(postmaster));
    for (const child of children) signalProcess(child, 'SIGSTOP');
    process.kill(Number(postmaster), 'SIGKILL');
    expect(await server.failed).toMatch(/ended unexpectedly \(SIGKILL\)/);
    await using last = await openDatabaseServer(dataDir, undefined, { tell: (sentence) => said.push(sentence) });
    expect(await works(last.connection)).toBe(true);
    expect(said.join('\n')).toMatch(/SIGINT to \d+\n(.*SIGQUIT to \d+, .*\n)+.*SIGKILL to/);
  });
});
