import type { FastifyRequest } from 'fastify';
import { MOST_LEVELS, tooDeepIn } from '../platform/depth.ts';
import { badField, Failure } from '../platform/failure.ts';
import { BROKEN_TEXT, brokenTextIn } from '../platform/text.ts';

/** Types that are read as JSON: none, plain text and what curl sends by default too, as who forgets the header means it. */
const READ_AS_JSON = /^($|text\/plain|application\/x-www-form-urlencoded|application\/json|[^;]+\+json)/i;

/** Parses a body; throws `media-type-unsupported`, `malformed-json`, and `invalid-input` for what cannot be stored. */
export function parseJson(request: FastifyRequest, text: string): unknown {
  const source = text.trim();
  if (source === '') return undefined;
  if (!READ_AS_JSON.test(request.headers['content-type'] ?? '')) throw new Failure('media-type-unsupported');
  let body: unknown;
  try {
    body = JSON.parse(source);
  } catch {
    throw new Failure('malformed-json');
  }
  const deep = mayBeDeep(source) ? tooDeepIn(body) : undefined;
  if (deep !== undefined) throw badField(deep, `must not nest deeper than ${MOST_LEVELS} levels`);
  // Escapes are the one way such characters come in: a body without them is not searched.
  if (/\\u(0000|[dD][89a-fA-F])/.test(source)) {
    const at = brokenTextIn(body);
    if (at !== undefined) throw badField(at, BROKEN_TEXT);
  }
  return body;
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
