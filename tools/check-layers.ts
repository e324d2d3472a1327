import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { importsOf } from './imports.ts';
import {
  innerLayers,
  lastModules,
  moduleOrder,
  onlyThrough,
  packageLayers,
  serverLayers,
  typesOnly,
} from './layers.ts';

const SERVER = 'packages/server/src/';

/** What breaks the rule of direction, a sentence each. `files` are paths from the root. */
export function layerProblems(root: string, files: readonly string[]): string[] {
  return files
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const name = packageOf(root, file);
      return importsOf(readFileSync(join(root, file), 'utf8'), file).flatMap(({ target, typeOnly }) => {
        if (target.startsWith('.')) return insideProblem(root, file, target);
        return target.startsWith('@molva/') ? packageProblem(file, name, target, typeOnly) : [];
      });
    });
}

function packageOf(root: string, file: string): string {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { name: string }).name;
    } catch {
      continue;
    }
  }
  return 'molva';
}

function packageProblem(file: string, name: string, target: string, typeOnly: boolean): string[] {
  const other = target.split('/').slice(0, 2).join('/');
  if (name === 'molva' || other === name || file.endsWith('.test.ts')) return [];
  if (!packageLayers[name]?.includes(other)) return [`${file}: ${name} may not import ${other}`];
  const door = onlyThrough[name]?.[other];
  if (door !== undefined && file !== door) return [`${file}: only ${door} may import ${other}`];
  const needsType = typesOnly.some(([from, to]) => from === name && to === other) && !typeOnly;
  return needsType ? [`${file}: ${name} may take types alone from ${other}: write "import type"`] : [];
}

/** Imports by path: never out of a package, and inside the server downwards alone. */
function insideProblem(root: string, file: string, target: string): string[] {
  const to = relative(root, join(root, dirname(file), target));
  const home = file.split('/').slice(0, 2).join('/');
  if (file.startsWith('packages/') && !to.startsWith(`${home}/`) && !file.endsWith('.test.ts')) {
    return [`${file}: imports ${to} by path; other packages are imported by name`];
  }
  if (!file.startsWith(SERVER) || !to.startsWith(SERVER) || file.endsWith('.test.ts')) return [];
  const [from, into] = [placeOf(file), placeOf(to)];
  if (from.layer !== into.layer && !serverLayers[from.layer]?.includes(into.layer)) {
    return [`${file}: ${from.layer} may not import ${into.layer} (${to})`];
  }
  if (from.layer !== 'modules' && into.layer === 'modules' && from.layer !== 'testing' && !to.endsWith('/index.ts')) {
    return [`${file}: enters the module ${into.module} not through its index.ts (${to})`];
  }
  if (from.layer !== 'modules') return [];
  return into.module === from.module
    ? innerProblem(file, from, into)
    : moduleProblem(file, from.module, into.module, to);
}

interface Place {
  readonly layer: string;
  readonly module: string;
  /** The folder inside the module; empty for the files above its folders. */
  readonly folder: string;
}

function placeOf(file: string): Place {
  const [first = '', second = '', ...rest] = file.slice(SERVER.length).split('/');
  if (['platform', 'http', 'composition', 'testing'].includes(first)) return { layer: first, module: '', folder: '' };
  if (first !== 'modules') return { layer: 'app', module: '', folder: '' };
  return { layer: 'modules', module: second, folder: rest.length > 1 ? (rest[0] ?? '') : '' };
}

/** A folder of a module with an inner order imports those below it, never the module's composition. */
function innerProblem(file: string, from: Place, into: Place): string[] {
  const below = innerLayers[from.module]?.[from.folder];
  if (below === undefined || into.folder === from.folder || below.includes(into.folder)) return [];
  return [`${file}: ${from.module}/${from.folder} may not import ${into.folder || 'the composition'} of its module`];
}

function moduleProblem(file: string, from: string, into: string, to: string): string[] {
  if (serverLayers['modules']?.includes(into) || into === '') return [];
  const order: readonly string[] = moduleOrder;
  const last: readonly string[] = lastModules;
  const below = last.includes(from) ? order : order.slice(0, Math.max(0, order.indexOf(from)));
  if (!below.includes(into)) return [`${file}: the module ${from} may not import ${into}`];
  return to.endsWith('/index.ts') ? [] : [`${file}: enters the module ${into} not through its index.ts (${to})`];
}
