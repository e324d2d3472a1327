import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { embeddedDatabase, freePort, MolvaProcess, untilReady } from './support/molva.ts';

const main = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url));

/** Runs Molva to its end; answers its exit code and words. */
async function outcome(
  environment: Record<string, string>,
  args: string[] = [],
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output.trim() };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'molva-start-'));
  await chmod(path, 0o711);
  return path;
}

describe('a start that cannot be', () => {
  it.each([
    [{ MOLVA_PORT: '99999' }, /MOLVA_PORT must be a port from 0 to 65535/],
    [{ MOLVA_LIVE: 'centrifugo' }, /MOLVA_LIVE cannot be centrifugo/],
    [
      { MOLVA_DEMO: 'maybe', MOLVA_LOG_LEVEL: 'loud' },
      /MOLVA_DEMO must be true or false; MOLVA_LOG_LEVEL must be one of/,
    ],
    [{ MOLVA_PROT: '8080' }, /MOLVA_PROT is not a setting of Molva/],
    [{ MOLVA_PUBLIC_URL: 'chat.example' }, /MOLVA_PUBLIC_URL must be an http or https address/],
    [{ MOLVA_OUTGOING_ALLOW: '10.0.0.0/99' }, /MOLVA_OUTGOING_ALLOW must be a comma list/],
    [{ MOLVA_ADMIN_PASSWORD: 'short' }, /MOLVA_ADMIN_PASSWORD must have at least 8 characters/],
    [{ MOLVA_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, /MOLVA_DATABASE_URL cannot be reached/],
  ])('%o is one line that says what to do', async (environment, words) => {
    const { code, output } = await outcome({ MOLVA_DATA_DIR: await folder(), ...environment });
    expect(code).toBe(1);
    expect(output).toMatch(words);
    expect(output.split('\n')).toHaveLength(1);
  });

  it('a data folder that cannot be one', async () => {
    const path = join(await folder(), 'file');
    await writeFile(path, '');
    const { code, output } = await outcome({ MOLVA_DATA_DIR: join(path, 'data') });
    expect([code, output]).toEqual([1, expect.stringMatching(/cannot be written \(ENOTDIR\).*MOLVA_DATA_DIR/)]);
  });

  it('a port that is taken, a data folder in use, a database newer than the code', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const path = await folder();
    const refused = await outcome({
      MOLVA_DATA_DIR: join(path, 'data'),
      MOLVA_PORT: String(port),
      MOLVA_LOG_LEVEL: 'warn',
    });
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringMatching(/Port \d+ on 127\.0\.0\.1 is taken\. .*MOLVA_PORT/),
    ]);
    taken.close();

    await using molva = await MolvaProcess.start();
    const second = await outcome({ MOLVA_DATA_DIR: join(molva.folder, 'data'), MOLVA_PORT: '0' });
    expect([second.code, second.output]).toEqual([1, expect.stringMatching(/is in use by process \d+/)]);
    expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
    const database = new pg.Client(embeddedDatabase(molva.folder));
    await database.connect();
    await database.query("insert into molva_migrations (number, name) values (999999, '999999_of_tomorrow.sql')");
    await database.end();
    await molva.signal('SIGTERM');
    await expect(molva.run()).rejects.toThrow(/exit 1: The database is newer than this Molva/);
  });

  it('an unknown command, while help and version answer', async () => {
    expect((await outcome({}, ['dance'])).code).toBe(1);
    expect((await outcome({}, ['help', 'config'])).output).toContain('MOLVA_OUTGOING_ALLOW');
    expect((await outcome({}, ['--version'])).output).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('a start', () => {
  it('shows the password once, keeps secrets to itself, and ends with 0 on SIGTERM and on Ctrl-C', async () => {
    await using molva = await MolvaProcess.start();
    expect(molva.output.match(/Password\s+\S{20}/g)).toHaveLength(1);
    expect((await stat(join(molva.folder, 'data', 'secrets', 'signing.json'))).mode & 0o777).toBe(0o600);
    expect(await molva.signal('SIGTERM')).toBe(0);
    await molva.run();
    expect(molva.output.match(/Password/g)).toHaveLength(1);
    expect(await molva.signal('SIGINT')).toBe(0);
  });

  it('succeeds at once after kill -9, again and again', async () => {
    await using molva = await MolvaProcess.start();
    for (let kill = 0; kill < 3; kill++) {
      await molva.signal('SIGKILL');
      await molva.run();
      expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
    }
  });

  it('succeeds at once after a container was killed in which it is the first process', async () => {
    const namespace = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', '--'];
    const permitted = spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0;
    await using molva = await MolvaProcess.start({}, permitted ? namespace : []);
    // In a new namespace all numbers are those of before, the database's too.
    for (let kill = 0; kill < 3; kill++) {
      await molva.signal('SIGKILL');
      await molva.run();
    }
    expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
    // What makes the namespace hears nothing else.
    await molva.signal('SIGKILL');
  });

  it('is stopped at once while it waits for the database, and ends with 0', async () => {
    await using molva = await MolvaProcess.start();
    await molva.signal('SIGKILL');
    const environment = { PATH: process.env['PATH'], MOLVA_DATA_DIR: join(molva.folder, 'data'), MOLVA_PORT: '0' };
    const child = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    await expect
      .poll(() => readFile(join(molva.folder, 'data', 'molva.lock'), 'utf8').catch(() => ''), { interval: 5 })
      .toMatch(new RegExp(`^${child.pid} `));
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('finishes after a first start that was killed while it made the database', async () => {
    const path = await folder();
    const port = await freePort();
    const environment = { PATH: process.env['PATH'], MOLVA_DATA_DIR: join(path, 'data'), MOLVA_PORT: String(port) };
    const first = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    await expect
      .poll(
        () =>
          readdir(join(path, 'data')).then(
            (names) => names.some((name) => name.startsWith('postgres.new')),
            () => false,
          ),
        { interval: 5 },
      )
      .toBe(true);
    first.kill('SIGKILL');
    const second = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    await untilReady(`http://127.0.0.1:${port}`);
    second.kill('SIGTERM');
    expect((await once(second, 'exit'))[0]).toBe(0);
  });

  it('works from a data folder with a very long path', async () => {
    await using molva = await MolvaProcess.start({ MOLVA_DATA_DIR: join(await folder(), 'x'.repeat(120), 'data') });
    expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
  });

  it('works as root and as an ordinary user', async () => {
    // Whoever runs the tests is one of the two; root can be the other one as well.
    const other = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const path = await folder();
    await mkdir(join(path, 'home'));
    if (other.length > 0) await chown(join(path, 'home'), 65_534, 65_534);
    const port = await freePort();
    const words = [...other, process.execPath, main];
    const child = spawn(words[0] ?? '', words.slice(1), {
      env: { PATH: process.env['PATH'], MOLVA_DATA_DIR: join(path, 'home', 'data'), MOLVA_PORT: String(port) },
      stdio: 'ignore',
    });
    await untilReady(`http://127.0.0.1:${port}`);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
