import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { addresses, damaged, valuesOf, type Source } from './arbitraries.ts';
import type { DocumentedCall } from './document.ts';
import { hostileText, jsonText, Raw, texts } from './hostile.ts';
import type { Shape } from './wrong-values.ts';

/** Who calls in a case. */
export const callers = ['nobody', 'operator', 'admin', 'back end', 'stranger', 'session', 'broken'] as const;
export type CallerName = (typeof callers)[number];

/** One call as it goes over the wire. */
export interface FuzzCase {
  readonly caller: CallerName;
  /** Parts of the path by parameter, escaped; `FRESH` is made when the call is. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Stands for something that is made for the call alone, as calls that destroy need it. */
export const FRESH = '<fresh>';

const weighted = <T>(...options: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Scenarios that work, and ones with something wrong in them. */
function scenarios(blocks: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> {
  const scenario = { version: 1, language: 'en', start: 'start', blocks };
  return weighted([1, fc.constant(scenario)], [2, damaged(scenario)]);
}

/**
 * Calls of an operation: half of them all that its schemas say, the others with something else in places.
 * @param pools ids and other values there are, by name
 * @param destroys whether what the path names does not survive the call
 */
export function casesOf(
  call: DocumentedCall,
  pools: Source['pools'],
  blocks: Readonly<Record<string, unknown>>,
  destroys: boolean,
): fc.Arbitrary<FuzzCase> {
  // There are no files yet: a message that names one is refused, whatever else it has.
  const files = { attachments: fc.constant([]), messageAttachments: fc.constant([]) };
  const special = { ...listWords(call), ...files, scenario: scenarios(blocks), url: fc.constantFrom(...addresses) };
  return fc
    .oneof(...[0, 12].map((hostility) => caseOf(call, { pools, special, hostility }, destroys)))
    .filter(({ query }) => query.length < 8000);
}

function caseOf(call: DocumentedCall, source: Source, destroys: boolean): fc.Arbitrary<FuzzCase> {
  const path = call.parameters.filter((one) => one.in === 'path');
  const query = call.parameters.filter((one) => one.in === 'query');
  return fc.record({
    caller: weighted<CallerName>([6, fc.constant(usualCaller(call))], [4, fc.constantFrom(...callers)]),
    path: fc
      .tuple(...path.map(({ name, schema }) => partOfPath(schema, name, source, destroys)))
      .map((parts) => Object.fromEntries(parts)),
    query: fc.tuple(queries(query, source), strayQuery(source)).map(([known, stray]) => {
      const all = [...known, ...stray];
      return all.length === 0 ? '' : `?${all.join('&')}`;
    }),
    headers: headersOf(call, source),
    body: bodies(call, source),
  });
}

function usualCaller({ operation }: DocumentedCall): CallerName {
  if (operation.access === 'admin') return 'admin';
  return operation.access === 'user' ? 'operator' : 'nobody';
}

/** Parts of a path that mean something else to whoever takes addresses apart. */
const strayParts = [
  '%00',
  '%ff',
  '%c3%28',
  '%zz',
  '%',
  '%2e%2e',
  '..',
  '.',
  '%2f',
  '*',
  ':id',
  ' ',
  'x'.repeat(600),
  '',
];

function partOfPath(
  schema: TSchema,
  name: string,
  source: Source,
  destroys: boolean,
): fc.Arbitrary<[name: string, part: string]> {
  const fitting = valuesOf(schema, name, source).map(escaped);
  const fresh: fc.Arbitrary<string> = fc.constant(FRESH);
  return weighted<string>(
    [destroys ? 20 : 0, fresh],
    [20, fitting],
    [source.hostility === 0 ? 0 : 3, fc.constantFrom(...strayParts).map((part) => part.replaceAll(' ', '%20'))],
  ).map((part) => [name, part]);
}

function textOf(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Texts are cut to what an address can hold: the server reads none of more than 16 KiB. */
function escaped(value: unknown): string {
  return encodeURIComponent(textOf(value).slice(0, 600).toWellFormed());
}

/** A parameter in one of the ways a list or a value is spelt, and in some that mean nothing. */
function queries(parameters: DocumentedCall['parameters'], source: Source): fc.Arbitrary<string[]> {
  const each = parameters.map(({ name, schema }) => {
    const value = valuesOf(schema, name, source).map(escaped);
    const usual = value.map((text) => `${name}=${text}`);
    const listed = fc.array(value, { minLength: 1, maxLength: 3 });
    const spelt: fc.Arbitrary<string> =
      source.hostility === 0 && (schema as Shape).type !== 'array'
        ? usual
        : weighted(
            [6, usual],
            [1, listed.map((all) => all.map((text, index) => `${name}[${index}]=${text}`).join('&'))],
            [1, listed.map((all) => all.map((text) => `${name}=${text}`).join('&'))],
            [1, listed.map((all) => all.map((text) => `${name}[]=${text}`).join('&'))],
            [
              1,
              fc.constantFrom(
                name,
                `${name}=`,
                `${name}=%zz`,
                `${name}=%ff`,
                `${name}[a][b]=1`,
                `${name}[__proto__]=1`,
              ),
            ],
          );
    return weighted<string[]>([3, fc.constant([])], [1, spelt.map((text) => [text])]);
  });
  return fc.tuple(...each).map((all) => all.flat());
}

function strayQuery({ hostility }: Source): fc.Arbitrary<string[]> {
  if (hostility === 0) return fc.constant([]);
  const stray = [
    '__proto__=1',
    '__proto__[limit]=1',
    'constructor[prototype][x]=1',
    'x_widget=1',
    '=',
    '&&',
    '%00=%00',
    'timezone=3',
  ];
  return weighted<string[]>([9, fc.constant([])], [1, fc.constantFrom(...stray).map((text) => [text])]);
}

/** Words of lists: fields that there are, in the forms of `sort`, `group`, `fields` and keyset paging. */
function listWords({ operation }: DocumentedCall): Source['special'] {
  const { items } = ((operation.answers[200] as Shape | undefined)?.properties ?? {}) as { items?: Shape };
  const fields = Object.keys((items?.items as Shape | undefined)?.properties ?? {});
  if (fields.length === 0) return {};
  const field = fc.constantFrom(...fields);
  const list = fc.array(field, { minLength: 1, maxLength: 3 });
  const signed = fc.tuple(fc.constantFrom('', '+', '-', ' '), field).map((parts) => parts.join(''));
  return {
    fields: list.map((all) => all.join(',')),
    group: list.map((all) => all.join(',')),
    sort: fc.array(signed, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
    offsetField: field,
    offsetValue: fc.oneof(
      fc.uuid(),
      fc.constantFrom(...texts),
      fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
      fc.integer().map(String),
    ),
  };
}

const contentTypes = [
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/merge-patch+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'x',
  '',
];

function headersOf({ operation }: DocumentedCall, source: Source): fc.Arbitrary<Record<string, string>> {
  const json = fc.constant({ 'content-type': 'application/json' });
  const type = fc.constantFrom(...contentTypes).map((value) => ({ 'content-type': value }));
  const key = fc
    .oneof(
      fc.constantFrom('0123456789abcdef', 'short', 'x'.repeat(2000)),
      fc.uuid(),
      fc.stringMatching(/^[!-~]{1,60}$/),
    )
    .map((value) => ({ 'idempotency-key': value }));
  const keyed = operation.method === 'GET' ? fc.constant({}) : weighted<object>([5, fc.constant({})], [1, key]);
  return fc
    .tuple(weighted<object>([30, json], [source.hostility === 0 ? 0 : 2, type]), keyed)
    .map(([one, other]) => ({ ...one, ...other }));
}

/** Bodies that are no object of JSON. */
const strayBodies = [
  '',
  ' ',
  '[]',
  '{}',
  'null',
  '"text"',
  '[1]',
  '7',
  '{',
  '{"a":}',
  '{"a":"\\ud800"}',
  '{"\\u0000":1}',
  '\ufeff{}',
  'a=1&b=2',
  'NaN',
  `"${'x'.repeat(300_000)}"`,
];

function bodies({ operation, body }: DocumentedCall, source: Source): fc.Arbitrary<string | undefined> {
  const stray = fc.constantFrom(...strayBodies);
  if (body === undefined) {
    if (operation.method === 'GET') return fc.constant(undefined);
    return weighted<string | undefined>(
      [6, fc.constant(undefined)],
      [2, fc.constant('[]')],
      [source.hostility === 0 ? 0 : 2, stray],
    );
  }
  const fitting = valuesOf(body, '', source).map(jsonText);
  return weighted<string | undefined>([20, fitting], [source.hostility === 0 ? 0 : 1, stray]);
}

/** Bearer texts that are no token. */
export const brokenBearers: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'Bearer',
    'Bearer  ',
    'Basic YTpi',
    'Bearer broken',
    'bearer a.b.c',
    's1.',
    'Bearer s1.zzzzzz.AAAA',
    `Bearer ${'x'.repeat(8000)}`,
  ),
  hostileText.map((text) => `Bearer ${text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '')}`),
);
