import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Answer } from '../platform/route.ts';
import type { ByteRange, Content } from '../platform/streams.ts';
import { choose } from './conditional.ts';
import { measured } from './measured.ts';
import { WAITS } from './waits.ts';

/** An answer that is ready to be sent: its content is chosen from and opened. */
export interface Ready extends Omit<Answer, 'content'> {
  readonly opened?: { readonly source: AsyncIterable<Uint8Array | string>; readonly length: number | undefined };
}

/** What describes a content; an answer that turns out to be a failure carries none of it. */
const contentHeaders = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
] as const;
/** What a page of another origin may read of them. */
const exposed = 'accept-ranges, content-disposition, content-range, etag';

/** Chooses from the content of an answer by the caller's conditions, and opens it where its bytes are wanted. */
export async function ready(request: FastifyRequest, answer: Answer): Promise<Ready> {
  const { content, headers, ...rest } = answer;
  if (content === undefined) return answer;
  const choice = choose(request.method, request.headers, content);
  const described = { ...headers, ...validators(content) };
  if (choice.status === 304) return { ...rest, status: 304, headers: described };
  const range = choice.status === 206 ? choice.range : undefined;
  const length = range === undefined ? content.length : range.last - range.first + 1;
  const ready = {
    ...rest,
    status: range === undefined ? answer.status : 206,
    headers: { ...described, ...representation(content, range, length) },
  };
  if (request.method === 'HEAD') return ready;
  return { ...ready, opened: { source: await content.open(range), length } };
}

/** Sends an answer. A source that stands still, or that nobody takes from, ends with its connection. */
export function send(reply: FastifyReply, request: FastifyRequest, answer: Ready, clock: Clock): FastifyReply {
  reply.code(answer.status).header('x-request-id', request.id);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (answer.opened !== undefined) return reply.send(bytesToSend(answer.opened, reply, clock));
  if (answer.body === undefined) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}

/** Takes back what was said of a content that could not be sent. */
export function forgetContent(reply: FastifyReply): void {
  for (const name of contentHeaders) reply.removeHeader(name);
}

/** The source as the framework sends it. It ends with the connection, whoever waits for whom. */
function bytesToSend({ source, length }: NonNullable<Ready['opened']>, reply: FastifyReply, clock: Clock): Readable {
  const { raw } = reply;
  const origins = reply.getHeader('access-control-expose-headers');
  if (origins !== undefined) reply.header('access-control-expose-headers', `${String(origins)}, ${exposed}`);
  const bound = (): Timer => clock.setTimeout(() => raw.destroy(), WAITS.answer);
  let timer = bound();
  const end = (): void => {
    timer.cancel();
    if (source instanceof Readable) source.destroy();
  };
  if (raw.closed) end();
  else raw.once('close', end);
  const progress = (): void => {
    timer.cancel();
    if (!raw.closed) timer = bound();
  };
  return Readable.from(measured(source, length, progress));
}

function validators({ etag, lastModified, length }: Content): Record<string, string> {
  return {
    'accept-ranges': length === undefined ? 'none' : 'bytes',
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { 'last-modified': new Date(lastModified).toUTCString() }),
  };
}

function representation(content: Content, range: ByteRange | undefined, length: number | undefined) {
  const { type, encoding, fileName, length: whole } = content;
  return {
    'content-type': type,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.first}-${range.last}/${whole}` }),
    ...(fileName === undefined ? {} : { 'content-disposition': disposition(fileName) }),
  };
}

/** Saves under the name: plainly for old clients, and in full (RFC 6266). */
function disposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const full = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
