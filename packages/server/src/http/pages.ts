import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** What the start page needs to know of the server. */
export interface PageParts {
  /** The demo chats by language. */
  demoChats(): Promise<readonly { readonly language: string; readonly chatId: string; readonly name: string }[]>;
}

/** Adds the pages: the start page at `/`, the API's description at `/docs`, and their files. */
export async function addPages(server: FastifyInstance, parts: PageParts): Promise<void> {
  server.get('/demo.json', async () => ({ chats: await parts.demoChats() }));
  const root = pagesFolder();
  if (root === undefined) return;
  await server.register(async (pages) => {
    await pages.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          // The chat may be opened under any name of this machine, and sockets count as another scheme.
          connectSrc: ["'self'", 'ws:', 'wss:'],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:', 'https:', 'http:'],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          frameAncestors: ["'self'"],
        },
      },
      crossOriginEmbedderPolicy: false,
      strictTransportSecurity: false,
    });
    await pages.register(files, { root, wildcard: false, index: false });
    pages.get('/', async (_request, reply) => reply.sendFile('index.html'));
    pages.get('/docs', async (_request, reply) => reply.sendFile('docs.html'));
  });
}

/** The built pages; undefined where nobody built them. */
function pagesFolder(): string | undefined {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@molva/start-page/package.json')), 'dist', 'site');
  return existsSync(join(folder, 'index.html')) ? folder : undefined;
}
