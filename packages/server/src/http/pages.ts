import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { systemClock } from '../platform/clock.ts';
import { streamed } from '../platform/route.ts';
import { Compressed } from './compressed.ts';
import { filesOf, type StaticFile } from './static-files.ts';
import { ready, send } from './send.ts';
import { read } from './service.ts';

/** What the start page needs to know of the server. */
export interface PageParts {
  /** The demo chats by language. */
  demoChats(): Promise<readonly { readonly language: string; readonly chatId: string; readonly name: string }[]>;
}

/** Short addresses of pages. */
const names: Readonly<Record<string, string>> = { '/index.html': '/', '/docs.html': '/docs' };

/**
 * Adds the pages: the start page at `/`, the API's description at `/docs`, and their files.
 * @param root the folder of the built pages; there are none where nobody built them
 */
export async function addPages(server: FastifyInstance, parts: PageParts, root = pagesFolder()): Promise<void> {
  read(server, '/demo.json', async () => ({ chats: await parts.demoChats() }));
  const files = await filesOf(root);
  await server.register(async (pages) => {
    await pages.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          connectSrc: ["'self'", (request) => socketsOf(request.headers.host)],
          imgSrc: ["'self'", 'data:', 'https:', 'http:'],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'self'"],
          // No page makes markup or scripts of a text.
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ["'none'"],
        },
      },
      crossOriginEmbedderPolicy: false,
      strictTransportSecurity: false,
    });
    const compressed = new Compressed();
    for (const file of files) {
      const short = names[file.path];
      for (const path of short === undefined ? [file.path] : [file.path, short]) addFile(pages, path, file, compressed);
    }
  });
}

/**
 * The sockets of the name a page is opened under, which may be any of this machine's: not every browser counts them as
 * the page's own. A name that is none, or could say more, adds nothing.
 */
function socketsOf(host = ''): string {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? `ws://${host} wss://${host}` : "'self'";
}

function addFile(pages: FastifyInstance, url: string, file: StaticFile, compressed: Compressed): void {
  pages.route({
    method: ['GET', 'HEAD'],
    url,
    // A page is many files at once, and none of them costs anything.
    config: { uncounted: true },
    handler: async (request, reply) => {
      const content = await compressed.content(file.path, await file.content(), request, reply);
      const answer = { ...streamed(content), headers: { 'cache-control': 'public, max-age=0' } };
      return send(reply, request, await ready(request, answer), systemClock);
    },
  });
}

/** Where the pages are built to. */
function pagesFolder(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@molva/start-page/package.json')), 'dist', 'site');
}
