import { cut } from '../../platform/text.ts';

/** Names whose values nobody needs to see again: passwords, keys, tokens and whatever else opens something. */
const SECRET = /password|secret|token|credential|authorization|cookie|callbackdata|key$/i;
/** Addresses open something by their path or query as often as not: who they lead to is enough. */
const ADDRESS = /url$/i;
const HIDDEN = '***';

/** Bodies up to this length are kept whole, in characters of JSON. */
const WHOLE = 16_384;
/** Of longer ones short values are kept, and the names of the first of the others. */
const SHORT_TEXT = 256;
const MOST_NAMES = 100;
/** Levels that are looked through: what lies deeper is left out. */
const DEEPEST = 64;

/** A body as the audit log keeps it: without its secrets, and of a long one little more than its names. */
export function auditedBody(body: unknown): unknown {
  const shown = withoutSecrets(body);
  if (typeof shown !== 'object' || shown === null || JSON.stringify(shown).length <= WHOLE) return shown;
  return Object.fromEntries(
    Object.entries(shown)
      .slice(0, MOST_NAMES)
      .map(([name, value]) => [cut(name, SHORT_TEXT), isShort(value) ? value : '…']),
  );
}

function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      // Null and nothing are no secrets: that one was removed is worth knowing.
      shownAs(name, inner, depth),
    ]),
  );
}

function shownAs(name: string, value: unknown, depth: number): unknown {
  if (SECRET.test(name) && value !== null && value !== '') return HIDDEN;
  if (!ADDRESS.test(name) || typeof value !== 'string') return withoutSecrets(value, depth + 1);
  const url = URL.parse(value);
  return url === null || url.href === `${url.origin}/` ? value : `${url.origin}/${HIDDEN}`;
}

function isShort(value: unknown): boolean {
  return value === null || (typeof value === 'string' ? value.length <= SHORT_TEXT : typeof value !== 'object');
}
