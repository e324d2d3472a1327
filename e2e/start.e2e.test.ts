import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, watch } from 'node:fs';
import { chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { testFolder } from './support/folders.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { embeddedDatabase, MolvaProcess, untilReady } from './support/molva.ts';

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

/** Resolves when a name that begins so is in a folder: it may be there for a moment alone, and the system tells of it. */
function appearing(name: string): (data: string) => Promise<void> {
  return (data) =>
    new Promise((resolve) => {
      const watcher = watch(data, { persistent: false }, (_event, found) => {
        if (found?.startsWith(name) !== true) return;
        watcher.close();
        resolve();
      });
      if (readdirSync(data).some((found) => found.startsWith(name))) {
        watcher.close();
        resolve();
      }
    });
}

/** Moments of a first start, as its folder shows them, and some that nobody has chosen. */
const moments = [
  appearing('secrets'),
  appearing('postgres.new'),
  () => sleep(Math.random() * 800),
  () => sleep(Math.random() * 800),
  async (data: string) => {
    await appearing('postgres.log')(data);
    await sleep(Math.random() * 400);
  },
];

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
    [{ MOLVA_METRICS_ADDRESS: 'here:there' }, /MOLVA_METRICS_ADDRESS must be a host and a port/],
    [{ MOLVA_METRICS_TOKEN: 'short' }, /MOLVA_METRICS_TOKEN must have at least 16 characters/],
    [{ MOLVA_ADMIN_PASSWORD: 'short' }, /MOLVA_ADMIN_PASSWORD must have at least 8 characters/],
    [{ MOLVA_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, /MOLVA_DATABASE_URL cannot be reached/],
  ])('%o is one line that says what to do', async (environment, words) => {
    const { code, output } = await outcome({ MOLVA_DATA_DIR: await testFolder(), ...environment });
    expect(code).toBe(1);
    expect(output).toMatch(words);
    expect(output.split('\n')).toHaveLength(1);
  });

  it('a data folder that cannot be one', async () => {
    const path = join(await testFolder(), 'file');
    await writeFile(path, '');
    const { code, output } = await outcome({ MOLVA_DATA_DIR: join(path, 'data') });
    expect([code, output]).toEqual([1, expect.stringMatching(/cannot be written \(ENOTDIR\).*MOLVA_DATA_DIR/)]);
  });

  it('a port that is taken, a data folder in use, a database newer than the code', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const path = await testFolder();
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

  it('an older Node', () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const words = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, main, 'help'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect([status, stdout, stderr.split('\n')]).toEqual([
      1,
      '',
      [expect.stringMatching(/needs Node 24 .* 20\.20\.2/), ''],
    ]);
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
    // What Node has compiled is kept beside the code, for the next start.
    expect(existsSync(join(dirname(main), '.compiled'))).toBe(true);
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

  it('finishes after first starts that were killed, at whatever moment', async () => {
    const data = join(await testFolder(), 'data');
    await mkdir(data);
    const environment = { PATH: process.env['PATH'], MOLVA_DATA_DIR: data, MOLVA_PORT: String(await freePort()) };
    const begin = () => spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    for (const moment of moments) {
      const first = begin();
      const ended = once(first, 'exit');
      await Promise.race([moment(data), ended]);
      first.kill('SIGKILL');
      await ended;
    }
    const last = begin();
    await untilReady(`http://127.0.0.1:${environment.MOLVA_PORT}`);
    last.kill('SIGTERM');
    expect((await once(last, 'exit'))[0]).toBe(0);
  });

  it('is stopped at once while it makes the database, of which nothing is left', async () => {
    const data = join(await testFolder(), 'data');
    await mkdir(data);
    const environment = { PATH: process.env['PATH'], MOLVA_DATA_DIR: data, MOLVA_PORT: '0' };
    const child = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    const ended = once(child, 'exit');
    await appearing('postgres.new')(data);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect((await readdir(data)).filter((name) => name.startsWith('postgres'))).toEqual([]);
  });

  it.each([
    ['a very long path', 'x'.repeat(120)],
    ['a comma and quotes in its path', `one, two "three' four`],
  ])('works from a data folder with %s, and leaves nothing elsewhere', async (_what, name) => {
    const data = join(await testFolder(), name, 'data');
    const short = createHash('sha256').update(data).digest('hex').slice(0, 16);
    await using molva = await MolvaProcess.start({ MOLVA_DATA_DIR: data });
    expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
    expect(await molva.signal('SIGTERM')).toBe(0);
    expect(existsSync(join(tmpdir(), `molva-${short}`))).toBe(false);
  });

  it('works from a copy that cp -r made, whoever restored it', async () => {
    await using molva = await MolvaProcess.start();
    const { password } = molva;
    expect(await molva.signal('SIGTERM')).toBe(0);
    const data = join(molva.folder, 'data');
    for (const words of [
      ['cp', '-r', data, `${data}.copy`],
      ['chmod', '-R', 'go+rX', `${data}.copy`],
      ['rm', '-r', data],
      ['mv', `${data}.copy`, data],
    ]) {
      expect(spawnSync(words[0] ?? '', words.slice(1)).status).toBe(0);
    }
    await molva.run();
    expect(password).not.toBe('');
    expect((await molva.admin())['authorization']).toMatch(/^Bearer \S{20}/);
    expect((await stat(join(data, 'secrets', 'signing.json'))).mode & 0o077).toBe(0);
  });

  it('works from a folder that is private to who starts it, root too; the database has no more rights than it needs', async () => {
    // What root starts gives its rights up, all but the one to search folders.
    const [uid, rights] = process.getuid?.() === 0 ? ['65534', 4n] : [String(process.getuid?.()), 0n];
    const home = await testFolder(0o700);
    await using molva = await MolvaProcess.start({ MOLVA_DATA_DIR: join(home, 'data') });
    expect((await fetch(`${molva.url}/health/ready`)).status).toBe(200);
    // The database ends with it all the same.
    await molva.signal('SIGKILL');
    await molva.run();
    const file = await readFile(join(home, 'data', 'postgres', 'postmaster.pid'), 'utf8');
    const status = await readFile(`/proc/${Number.parseInt(file, 10)}/status`, 'utf8');
    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).toBe(uid);
    expect(BigInt(`0x${/^CapEff:\t(\w+)/m.exec(status)?.[1] ?? 'f'}`)).toBeLessThanOrEqual(rights);
  });

  it('gives a user another password by a word on the command line, and says what the first start is for', async () => {
    await using molva = await MolvaProcess.start({ MOLVA_ADMIN_PASSWORD: 'the first password' });
    const environment = { MOLVA_DATA_DIR: join(molva.folder, 'data') };
    const reset = (...words: string[]) => outcome(environment, ['user', 'password', ...words]);
    expect((await reset('admin@localhost')).output).toMatch(/in use by process/);
    await molva.signal('SIGTERM');
    expect(await reset('nobody@localhost')).toEqual({ code: 1, output: expect.stringMatching(/There is no user/) });
    expect(await reset()).toEqual({ code: 1, output: expect.stringMatching(/^Usage: molva user password EMAIL/) });
    const { code, output } = await reset('Admin@localhost');
    const password = /^Password of Admin@localhost: (\S{20}) {3}/.exec(output)?.[1];
    expect([code, password]).toEqual([0, expect.any(String)]);
    await molva.run();
    expect(molva.output).toContain('MOLVA_ADMIN_PASSWORD is for the first start');
    const login = (given = '') =>
      fetch(`${molva.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'admin@localhost', password: given }),
      });
    expect([(await login('the first password')).status, (await login(password)).status]).toEqual([401, 200]);
  });

  it('works as root and as an ordinary user', async () => {
    // Whoever runs the tests is one of the two; root can be the other one as well.
    const other = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const path = await testFolder();
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
