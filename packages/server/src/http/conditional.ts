import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '../platform/failure.ts';
import type { ByteRange, Content } from '../platform/streams.ts';

/** What a caller gets of a content: the whole, some of its bytes, or the word that it has it already. */
export type Choice =
  | { readonly status: 200 }
  | { readonly status: 206; readonly range: ByteRange }
  | { readonly status: 304 };

type Validators = Pick<Content, 'etag' | 'lastModified' | 'length'>;

/**
 * Decides by the conditions and the range of a call (RFC 9110, 13.2.2). Throws `precondition-failed` and
 * `range-not-satisfiable`. Of several ranges none is picked: the whole is answered, as of one that cannot be read.
 */
export function choose(method: string, headers: IncomingHttpHeaders, content: Validators): Choice {
  if (method !== 'GET' && method !== 'HEAD') return { status: 200 };
  if (!meetsPreconditions(headers, content)) throw new Failure('precondition-failed');
  if (hasIt(headers, content)) return { status: 304 };
  const range = method === 'GET' && rangeApplies(headers, content) ? rangeOf(headers.range, content.length) : undefined;
  return range === undefined ? { status: 200 } : { status: 206, range };
}

function meetsPreconditions(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const match = headers['if-match'];
  if (match !== undefined) return match.trim() === '*' || tags(match).some((tag) => sameStrong(tag, etag));
  const since = instantOf(headers['if-unmodified-since']);
  return since === undefined || lastModified === undefined || wholeSeconds(lastModified) <= since;
}

function hasIt(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const match = headers['if-none-match'];
  if (match !== undefined) return match.trim() === '*' || tags(match).some((tag) => sameWeak(tag, etag));
  const since = instantOf(headers['if-modified-since']);
  return since !== undefined && lastModified !== undefined && wholeSeconds(lastModified) <= since;
}

/** Whether a range may be picked: it was asked of this very content, as far as `If-Range` says. */
function rangeApplies(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const condition = headers['if-range']?.toString().trim();
  if (condition === undefined) return true;
  if (condition.includes('"')) return sameStrong(condition, etag);
  return lastModified !== undefined && instantOf(condition) === wholeSeconds(lastModified);
}

function rangeOf(range: string | undefined, length: number | undefined): ByteRange | undefined {
  const asked = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(range ?? '');
  if (asked === null || length === undefined) return undefined;
  const [, from = '', to = ''] = asked;
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (first <= last) return { first, last };
  throw new Failure('range-not-satisfiable', null, { 'content-range': `bytes */${length}` });
}

function tags(list: string): string[] {
  return list.match(/(W\/)?"[^"]*"/g) ?? [];
}

function sameStrong(tag: string, etag: string | undefined): boolean {
  return tag === etag && !tag.startsWith('W/');
}

function sameWeak(tag: string, etag: string | undefined): boolean {
  return etag !== undefined && tag.replace(/^W\//, '') === etag.replace(/^W\//, '');
}

function instantOf(date: string | undefined): number | undefined {
  const instant = Date.parse(date ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}

/** Dates of HTTP have no parts of a second. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
