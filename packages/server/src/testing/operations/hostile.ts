import fc from 'fast-check';

/** JSON text that no value of JavaScript is written as. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Writes a value as JSON, raw texts as they are; what is undefined is left out. */
export function jsonText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${parts.map(([name, inner]) => `${JSON.stringify(name)}:${jsonText(inner)}`).join(',')}}`;
}

/** Instants at and beyond the ends of what calendars, databases and formats know. */
export const instants: readonly string[] = [
  '2026-01-28T12:00:00+00:00',
  '2026-01-28T12:00:00.123456789Z',
  '2026-01-28T12:00:00.000+23:59',
  '2026-01-28T12:00:00-23:59',
  '2026-02-28T23:59:60Z',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.999-23:59',
  '+275760-09-13T00:00:00.000Z',
  '-000001-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-28T12:00:00',
  '2026-01-28 12:00:00',
  '2026-01-28',
  '1769601600',
  'infinity',
  'now',
];

/** Texts that programs stumble over. */
export const texts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfffb',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}',
  '\u{1f1f1}\u{1f1fb}'.repeat(64),
  '\u202eright to left\u202c \u0645\u0631\u062d\u0628\u0627',
  'e\u0301'.repeat(64),
  '\ufeff\u200b\u2028\u2029',
  '\u0130\u0131\u00df\ufb03',
  '\ufffe\uffff',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '007',
  '1e400',
  '2147483648',
  '9223372036854775808',
  '\u0663',
  "'; drop table users; --",
  '%_\\',
  '$1 $$ ${x}',
  '{said} {system.now} {{x}} {',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  'http://',
  'http://[',
  'https://user:password@127.0.0.1:99999/',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '7D4EE5C12F0A4C9B9F630A4F1F8F2B10',
  '(a+)+$',
  'a,b,,c',
  ',',
  '+',
  'x'.repeat(256),
  'x'.repeat(4097),
  '\u0436'.repeat(8193),
  ...instants,
];

/** Numbers at and beyond the ends of what databases and formats hold. */
const numbers: readonly unknown[] = [
  0,
  new Raw('-0'),
  -1,
  1,
  0.1,
  new Raw('1.0'),
  2_147_483_647,
  2_147_483_648,
  -2_147_483_649,
  Number.MAX_SAFE_INTEGER,
  new Raw('9223372036854775807'),
  new Raw('9223372036854775808'),
  new Raw('123456789012345678901234567890'),
  new Raw('1e400'),
  new Raw('-1e400'),
  new Raw('1e-400'),
  new Raw('5e-324'),
];

/** Names that objects have without anybody giving them. */
export const prototypeNames = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'then'] as const;

function withName(name: string, value: unknown): Record<string, unknown> {
  return Object.fromEntries([[name, value]]);
}

const shapes: readonly unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [null],
  [[]],
  [{}],
  { '': '' },
  { 0: 'zero', 1: 'one' },
  { 'a.b': 1, 'a/b': 2, 'a~b': 3 },
  { length: 1e9 },
  { toJSON: 'x' },
  new Raw(`${'['.repeat(2000)}${']'.repeat(2000)}`),
  new Raw(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`),
  new Raw('{"a":1,"a":2}'),
  ...prototypeNames.map((name) => withName(name, { polluted: true })),
];

/** Any JSON at all, most of it unfriendly. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...texts),
  fc.constantFrom(...numbers),
  fc.constantFrom(...shapes),
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
);

/** Any text at all, most of it unfriendly. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...texts),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
