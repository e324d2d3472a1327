import { open, readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { Failure } from '../platform/failure.ts';
import type { Content } from '../platform/streams.ts';

/** A file that is answered as it lies in its folder. */
export interface StaticFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  /** What it is at this moment. */
  content(): Promise<Content>;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** The files of a folder and those below it; none where there is no such folder. */
export async function filesOf(root: string): Promise<StaticFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: `/${relative(root, file).split(sep).join('/')}`, content: () => contentOf(file) };
    });
}

async function contentOf(file: string): Promise<Content> {
  const { size, mtimeMs } = await stat(file).catch(missing);
  return {
    type: types[extname(file)] ?? 'application/octet-stream',
    length: size,
    etag: `W/"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`,
    lastModified: mtimeMs,
    async open(range) {
      // Opened before anything is answered: what cannot be opened is told by its status.
      const handle = await open(file).catch(missing);
      return handle.createReadStream(range === undefined ? {} : { start: range.first, end: range.last });
    },
  };
}

/** What was there when the server began may be built anew. */
function missing(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new Failure('path-not-found') : error;
}
