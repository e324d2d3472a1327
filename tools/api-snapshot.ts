import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { changedParts, wireShape } from './wire-shape.ts';

/** Packages whose door is watched. */
const watched = ['contract', 'sdk', 'centrifuge-server'] as const;

const USED =
  'Old clients must go on working, so the wire takes new fields, events and calls only; what could not stay is written down in docs/adr. Other than clients know it is:';

/**
 * Compares what each package exports, names and types, with what was committed; `update` commits to the new. With the
 * contract stands the shape of the wire.
 */
export async function apiProblems(root: string, update: boolean): Promise<string[]> {
  const shape = await wireShape();
  return watched.flatMap((name) => {
    const surface = surfaceOf(join(root, 'packages', name, 'dist', 'index.d.ts'));
    const whole = name === 'contract' ? `${surface}\n${shape}\n` : surface;
    const path = join(root, 'tools', 'api', `${name}.txt`);
    if (update) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, whole);
    }
    const known = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (known === whole) return [];
    const changed = changedParts(known, whole);
    const wire = changed.length === 0 ? '' : ` ${USED} ${changed.join(', ')}.`;
    return [`The surface of ${name} changed.${wire} Where that is meant: node tools/check.ts api --update`];
  });
}

/** The declarations behind a door: of each file it opens onto, what leaves through it. */
function surfaceOf(door: string): string {
  const source = readFileSync(door, 'utf8');
  const parts = [...source.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].map(
    ([, names = '', file = '']) => {
      const path = join(dirname(door), file.replace(/\.(ts|js)$/, '.d.ts'));
      const declarations = readFileSync(path, 'utf8');
      return leavingNames(names)
        .map(({ inside, outside }) => {
          const declared = declarationOf(declarations, inside);
          if (declared === '')
            throw new Error(`${door} exports ${inside}, which ${path} does not declare: build first`);
          return inside === outside ? declared : `export { ${inside} as ${outside} };\n${declared}`;
        })
        .join('\n');
    },
  );
  return `${parts.join('\n\n').trim()}\n`;
}

/** The names between the braces of an export. */
function leavingNames(list: string): { inside: string; outside: string }[] {
  return list
    .split(',')
    .map((name) => name.replace(/^\s*type\s+/, '').trim())
    .filter((name) => name !== '')
    .map((name) => {
      const [inside = '', outside = inside] = name.split(/\s+as\s+/);
      return { inside, outside };
    });
}

/** The declarations of a name, without comments: a schema and its type share theirs. */
function declarationOf(source: string, name: string): string {
  const plain = source.replaceAll(/\/\*[\s\S]*?\*\/|^\/\/#.*$/gm, '').replaceAll(/\n\s*\n/g, '\n');
  const starts = [
    ...plain.matchAll(
      new RegExp(`^(?:export )?(?:declare )?(?:const|type|interface|class|function|abstract class) ${name}\\b`, 'gm'),
    ),
  ];
  return starts
    .map(({ index }) => {
      const rest = plain.slice(index);
      const end = /\n(?=export|declare|type |interface )/.exec(rest)?.index ?? rest.length;
      return rest.slice(0, end).trim();
    })
    .join('\n');
}
