import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ENVIRONMENT } from '../platform/postgres/programs.ts';
import { runAs } from '../platform/postgres/run-as.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL of an older major version over TCP: for Molva somebody else's server, given by its address. */
export class ExternalDatabase implements AsyncDisposable {
  readonly connectionString: string;
  readonly #folder: string;
  readonly #binaries: string;
  readonly #port: number;
  readonly #settings: readonly string[];
  #server: ChildProcess | undefined;
  #frozen: number[] = [];

  private constructor(folder: string, binaries: string, port: number, settings: readonly string[]) {
    this.#settings = settings;
    this.#folder = folder;
    this.#binaries = binaries;
    this.#port = port;
    this.connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Makes one in a folder of its own, and starts it with settings like `name=value`; `binaries` are those of another version. */
  static async open(settings: readonly string[] = [], binaries = olderBinaries()): Promise<ExternalDatabase> {
    const folder = await mkdtemp(join(tmpdir(), 'molva-external-'));
    await chmod(folder, 0o711);
    const as = runAs();
    as.own(folder);
    const database = new ExternalDatabase(folder, binaries, await freePort(), settings);
    const options = ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    const init = as.wrap(join(database.#binaries, 'initdb'), options);
    const { status, stderr } = spawnSync(init.command, init.args, { encoding: 'utf8', cwd: '/', env: ENVIRONMENT });
    if (status !== 0) throw new Error(stderr);
    await database.start();
    return database;
  }

  /** Starts it where it stands still, and waits until it lets clients in. */
  async start(): Promise<void> {
    const place = [`port=${this.#port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.#folder}`];
    const { command, args } = runAs().wrap(join(this.#binaries, 'postgres'), [
      '-D',
      join(this.#folder, 'data'),
      ...[...place, ...this.#settings].flatMap((setting) => ['-c', setting]),
    ]);
    this.#server = spawn(command, args, { stdio: 'ignore', cwd: '/', env: ENVIRONMENT });
    await this.#ready();
  }

  /** The number of its first process; 0 where it stands still. */
  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  /** Ends it: SIGINT in order, SIGQUIT as a crash of the machine would. */
  async stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  /** Stops it in its tracks, as a machine that hangs: it closes nothing and answers nothing. */
  async freeze(): Promise<void> {
    const client = new pg.Client({ connectionString: this.connectionString });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      'select pid from pg_stat_activity where pid <> pg_backend_pid()',
    );
    await client.end();
    this.#frozen = [this.#server?.pid ?? 0, ...rows.map(({ pid }) => pid)];
    for (const pid of this.#frozen) process.kill(pid, 'SIGSTOP');
  }

  /** Lets it go on. */
  thaw(): void {
    for (const pid of this.#frozen.splice(0)) process.kill(pid, 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    await this.stop('SIGINT');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
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

function olderBinaries(): string {
  const root = dirname(dirname(createRequire(import.meta.url).resolve('postgres-older')));
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: root });
  return join(root, 'native', 'bin');
}
