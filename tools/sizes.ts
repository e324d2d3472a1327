import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Bundles with a budget, bytes after gzip. */
const budgets = [
  {
    name: 'sdk, minimal import',
    external: ['centrifuge'],
    limit: 8_500,
  },
  { name: 'sdk with centrifuge', external: [], limit: 36_000 },
];

/** What the start page loads before it shows a chat, bytes after gzip. */
const START_PAGE_LIMIT = 37_000;

/** What the page of the API loads of its own, bytes after gzip; the document comes on top. */
const DOCS_LIMIT = 20_000;

/** Bundles what an application would, and compares with the budgets. */
export async function sizeProblems(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, external, limit } of budgets) {
    const size = await bundledSize(root, external);
    process.stdout.write(`  ${name}: ${size} bytes of ${limit}\n`);
    if (size > limit) problems.push(`${name} has ${size} bytes, more than ${limit}`);
  }
  const page = startPageSize(join(root, 'packages/start-page/dist/site/index.html'));
  process.stdout.write(`  start page, scripts: ${page} bytes of ${START_PAGE_LIMIT}\n`);
  if (page > START_PAGE_LIMIT)
    problems.push(`the start page's scripts have ${page} bytes, more than ${START_PAGE_LIMIT}`);
  const docs = docsSize(join(root, 'packages/start-page/dist/site'));
  process.stdout.write(`  API page: ${docs} bytes of ${DOCS_LIMIT}\n`);
  if (docs > DOCS_LIMIT) problems.push(`the API page's scripts and styles have ${docs} bytes, more than ${DOCS_LIMIT}`);
  return problems;
}

/** Scripts and styles of the API page, those it loads later as well: all that is not the start page's alone. */
function docsSize(site: string): number {
  const start = new Set(
    [...readFileSync(join(site, 'index.html'), 'utf8').matchAll(/assets\/(index-[^"]+)/g)].map(([, name]) => name),
  );
  const files = readdirSync(join(site, 'assets')).filter((name) => !start.has(name) && !name.startsWith('next-steps'));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(site, 'assets', name))).length, 0);
}

/** The scripts a built page names, as they travel. */
function startPageSize(page: string): number {
  const scripts = [...readFileSync(page, 'utf8').matchAll(/(?:src|href)="\/?([^"]+\.js)"/g)];
  if (scripts.length === 0) throw new Error(`${page} names no script: build first`);
  return scripts.reduce((sum, [, name = '']) => sum + gzipSync(readFileSync(join(dirname(page), name))).length, 0);
}

async function bundledSize(root: string, external: string[]): Promise<number> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      lib: { entry: 'tools/size-entry.ts', formats: ['es'], fileName: 'out' },
      rolldownOptions: { external },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunks = outputs.flatMap((output) => ('output' in output ? output.output : []));
  return chunks.reduce((sum, chunk) => sum + (chunk.type === 'chunk' ? gzipSync(chunk.code).length : 0), 0);
}
