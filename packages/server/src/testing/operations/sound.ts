import { ErrorBody, errorsOf, errorTable, MAX_LIMIT, type ErrorCode } from '@molva/contract';
import { problemsOf } from './answers.ts';
import type { DocumentedCall } from './document.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What every call can be answered, whatever it is: the address leads nowhere, or cannot be read. */
const ASTRAY: readonly ErrorCode[] = ['path-not-found', 'method-not-allowed', 'invalid-input'];
/** What a body can be refused for before anybody looks at what it is for. */
const ANY_BODY: readonly ErrorCode[] = ['malformed-json', 'media-type-unsupported', 'body-too-large', 'invalid-input'];

/**
 * What is wrong with an answer; undefined where it is sound: no fault of the server, a failure in the form of failures
 * under a code the call can have, a success as its schema says, and no list beyond its limit.
 * @param astray whether the address may be another one than that of the call
 */
export function fault(call: DocumentedCall, answer: RawAnswer, query: string, astray: boolean): string | undefined {
  const { status, headers, text } = answer;
  if (status >= 500) return `${status}: ${text}`;
  if (typeof headers['x-request-id'] !== 'string') return 'no request id';
  if (text === '') return status >= 400 ? 'a failure without a body' : successFault(call, status, null, astray);
  if (headers['content-type'] !== 'application/json; charset=utf-8')
    return `content type ${String(headers['content-type'])}`;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `no JSON: ${text.slice(0, 200)}`;
  }
  if (status >= 400) return failureFault(call, answer, body, astray);
  return successFault(call, status, body, astray) ?? lengthFault(body, query);
}

function failureFault(call: DocumentedCall, { status, headers }: RawAnswer, body: unknown, astray: boolean) {
  const problems = problemsOf(ErrorBody, body);
  if (problems.length > 0) return `not the form of a failure: ${JSON.stringify(body)}`;
  const { error, details } = body as ErrorBody;
  const code = headers['x-error-code'] as ErrorCode;
  const entry = Object.hasOwn(errorTable, code) ? errorTable[code] : undefined;
  if (entry === undefined || entry.status !== status || entry.message !== error)
    return `${code} is not ${status} ${error}`;
  if ((status === 400) !== (details !== null)) return `details of ${status}: ${JSON.stringify(details)}`;
  if (status === 400 && (details?.['code'] !== code || typeof details['fields'] !== 'object'))
    return 'details without code and fields';
  const bodies = call.operation.method === 'GET' ? [] : ANY_BODY;
  const possible = [...errorsOf(call.operation), ...bodies, ...(astray ? ASTRAY : [])];
  return possible.includes(code) ? undefined : `${code} is no failure of ${call.operation.id}`;
}

function successFault({ operation }: DocumentedCall, status: number, value: unknown, astray: boolean) {
  const schema = operation.answers[status];
  if (schema === undefined) return astray ? undefined : `${status} is not documented`;
  const problems = problemsOf(schema, value);
  if (problems.length === 0 || astray) return undefined;
  return `${JSON.stringify(problems.slice(0, 3))} in ${JSON.stringify(value)?.slice(0, 2000)}`;
}

function lengthFault(body: unknown, query: string): string | undefined {
  const { items } = (body ?? {}) as { items?: unknown };
  if (!Array.isArray(items)) return undefined;
  const limits = [...query.matchAll(/[?&]limit=(\d{1,4})(?=&|$)/g)];
  const limit = limits.length === 1 ? Number(limits[0]?.[1]) : MAX_LIMIT;
  return items.length > limit ? `${items.length} items, more than ${limit}` : undefined;
}
