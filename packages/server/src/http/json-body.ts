import type { FastifyRequest } from 'fastify';
import { MOST_LEVELS, tooDeepIn } from '../platform/depth.ts';
import { badField, Failure } from '../platform/failure.ts';
import { jsonFault } from './json-fault.ts';

/** Types that are read as JSON: none, plain text and what curl sends by default too, as who forgets the header means it. */
const READ_AS_JSON = /^($|text\/plain|application\/x-www-form-urlencoded|application\/json|[^;]+\+json)/i;

/** Bodies that may hold a text which is none. */
const suspect = new WeakSet<object>();

/** Whether a body that was parsed here may hold a text which no database can store: most need not be searched. */
export function mayBeBroken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && suspect.has(body);
}

/** Parses a body; throws `media-type-unsupported`, `malformed-json`, and `invalid-input` for what nests too deep. */
export function parseJson(request: FastifyRequest, text: string): unknown {
  const source = text.trim();
  if (source === '') return undefined;
  if (!READ_AS_JSON.test(request.headers['content-type'] ?? '')) throw new Failure('media-type-unsupported');
  let body: unknown;
  try {
    body = JSON.parse(source);
  } catch {
    throw malformed(text);
  }
  const deep = mayBeDeep(source) ? tooDeepIn(body) : undefined;
  if (deep !== undefined) throw badField(deep, `must not nest deeper than ${MOST_LEVELS} levels`);
  // Escapes are the one way such characters come in.
  if (typeof body === 'object' && body !== null && /\\u(0000|[dD][89a-fA-F])/.test(source)) suspect.add(body);
  return body;
}

/** Where a body stops being JSON: who wrote it by hand, or by a template, finds it there. */
function malformed(text: string): Failure {
  const { line, column, reason } = jsonFault(text);
  const where = `line ${line}, column ${column}: ${reason}`;
  return new Failure('malformed-json', { '': [where] }, {}, { line, column });
}

/** Whether a text opens enough brackets: most bodies do not, and need not be walked through. */
function mayBeDeep(source: string): boolean {
  let opened = 0;
  for (let index = 0; index < source.length && opened <= MOST_LEVELS; index++) {
    const character = source[index];
    if (character === '[' || character === '{') opened += 1;
  }
  return opened > MOST_LEVELS;
}
