import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { runAs } from '../platform/postgres/run-as.ts';

/** Starts a PostgreSQL of an older major version over TCP: for Molva somebody else's server, given by its address. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve('postgres-older')));
  const binaries = join(root, 'native', 'bin');
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: root });
  const folder = await mkdtemp(join(tmpdir(), 'molva-external-'));
  await chmod(folder, 0o711);
  const as = runAs();
  as.own(folder);
  const data = join(folder, 'data');
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const init = as.wrap(join(binaries, 'initdb'), [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
  ]);
  const { status, stderr } = spawnSync(init.command, init.args, { encoding: 'utf8', cwd: '/', env: environment });
  if (status !== 0) throw new Error(stderr);
  const port = await freePort();
  const { command, args } = as.wrap(join(binaries, 'postgres'), [
    '-D',
    data,
    '-c',
    `port=${port}`,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=${folder}`,
  ]);
  const server = spawn(command, args, { stdio: 'ignore', cwd: '/', env: environment });
  const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await ready(connectionString);
  project.provide('database', { connectionString });
  return async () => {
    server.kill('SIGINT');
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
}

async function ready(connectionString: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt > 200) throw error;
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
