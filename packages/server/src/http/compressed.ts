import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Content } from '../platform/streams.ts';

const compress = promisify(gzip);
/** Below this a header more costs what is saved. */
const LEAST_BYTES = 1024;
const WRITTEN = /^(text\/|application\/(json|javascript)|image\/svg)/;

/**
 * Texts of the server's own, compressed for who takes it: each is compressed once and kept, as they are few. What a caller
 * can put a secret into is never among them.
 */
export class Compressed {
  readonly #kept = new Map<string, { readonly etag: string | undefined; readonly bytes: Promise<Buffer> }>();

  /** The content as the caller is best served with it; `name` tells the contents apart. */
  async content(name: string, content: Content, request: FastifyRequest, reply: FastifyReply): Promise<Content> {
    if (!WRITTEN.test(content.type) || (content.length ?? 0) < LEAST_BYTES) return content;
    varies(reply);
    if (!takesGzip(request)) return content;
    const kept = this.#kept.get(name);
    const known = kept !== undefined && kept.etag === content.etag;
    const bytes = known ? kept.bytes : bytesOf(content).then((whole) => compress(whole));
    if (!known) this.#kept.set(name, { etag: content.etag, bytes });
    const compressed = await bytes.catch((error: unknown) => {
      this.#kept.delete(name);
      throw error;
    });
    return {
      ...content,
      encoding: 'gzip',
      length: compressed.length,
      ...(content.etag === undefined ? {} : { etag: content.etag.replace(/"$/, '-gzip"') }),
      open: async (range) =>
        Readable.from([range === undefined ? compressed : compressed.subarray(range.first, range.last + 1)]),
    };
  }
}

function takesGzip({ headers }: FastifyRequest): boolean {
  return (headers['accept-encoding']?.toString() ?? '')
    .split(',')
    .some((entry) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(entry));
}

/** Caches keep an answer for each way it can be had; which origin asks counts as well. */
function varies(reply: FastifyReply): void {
  const known = reply.getHeader('vary');
  reply.header('vary', known === undefined ? 'Accept-Encoding' : `${String(known)}, Accept-Encoding`);
}

async function bytesOf(content: Content): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of await content.open(undefined)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
