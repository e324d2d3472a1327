import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { runAs } from '../platform/postgres/run-as.ts';

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** A PostgreSQL of an older major version over TCP: for Molva somebody else's server, given by its address. */
export class ExternalPostgres implements AsyncDisposable {
  readonly connectionString: string;
  readonly #folder: string;
  readonly #launch: () => ChildProcess;
  #server: ChildProcess;

  private constructor(folder: string, connectionString: string, launch: () => ChildProcess) {
    this.#folder = folder;
    this.connectionString = connectionString;
    this.#launch = launch;
    this.#server = launch();
  }

  /** Makes an empty one and starts it. */
  static async start(): Promise<ExternalPostgres> {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(require.resolve('postgres-older')));
    const binaries = join(root, 'native', 'bin');
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: root });
    const folder = await mkdtemp(join(tmpdir(), 'molva-external-'));
    await chmod(folder, 0o711);
    const as = runAs();
    as.own(folder);
    const data = join(folder, 'data');
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
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`];
    const { command, args } = as.wrap(join(binaries, 'postgres'), [
      '-D',
      data,
      ...settings.flatMap((setting) => ['-c', setting]),
    ]);
    const launch = (): ChildProcess => spawn(command, args, { stdio: 'ignore', cwd: '/', env: environment });
    const postgres = new ExternalPostgres(folder, `postgres://postgres@127.0.0.1:${port}/postgres`, launch);
    await postgres.#ready();
    return postgres;
  }

  /** Stops it as the signal says (SIGINT: fast, SIGQUIT: at once) and starts it again. */
  async restart(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    await this.#stop(signal);
    this.#server = this.#launch();
    await this.#ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop('SIGINT');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill(signal);
    await ended;
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const client = new pg.Client({ connectionString: this.connectionString });
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
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
