import { parseSync } from 'vite';

/** One import of a file: what it names, and whether nothing of it is left once the types are gone. */
export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Everything a file imports, in its order: imports, exports from elsewhere, `import()` of a value and of a type. */
export function importsOf(source: string, file = 'source.ts'): Import[] {
  const { program, module, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file} cannot be read: ${errors[0].message}`);
  const found = module.staticImports.map(({ start, moduleRequest, entries }) => ({
    at: start,
    target: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
  }));
  for (const { start, entries } of module.staticExports) {
    const target = entries[0]?.moduleRequest?.value;
    if (target !== undefined) found.push({ at: start, target, typeOnly: entries.every(({ isType }) => isType) });
  }
  // Only few files have these, and only they are worth walking through.
  if (/\bimport\s*\(/.test(source)) walk(program, (at, target, typeOnly) => found.push({ at, target, typeOnly }));
  return found.sort((a, b) => a.at - b.at).map(({ target, typeOnly }) => ({ target, typeOnly }));
}

/** Visits each `import('…')` under a node; one whose target is computed names nothing and is passed over. */
function walk(node: unknown, visit: (at: number, target: string, typeOnly: boolean) => void): void {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit));
  if (typeof node !== 'object' || node === null) return;
  const { type, source, start } = node as { type?: unknown; source?: { value?: unknown } | null; start?: unknown };
  if (
    (type === 'ImportExpression' || type === 'TSImportType') &&
    typeof source?.value === 'string' &&
    typeof start === 'number'
  ) {
    visit(start, source.value, type === 'TSImportType');
  }
  for (const child of Object.values(node)) walk(child, visit);
}
