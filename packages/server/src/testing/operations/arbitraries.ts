import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { hostileJson, instants, prototypeNames } from './hostile.ts';
import type { Shape } from './wrong-values.ts';

/** What values are drawn from. */
export interface Source {
  /** Values that mean something, by the name of the property or parameter. */
  readonly pools: Readonly<Record<string, readonly unknown[]>>;
  /** Values that no schema describes, by the name of the property or parameter. */
  readonly special: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** How often a value is anything at all instead of one that fits, in a hundred. */
  readonly hostility: number;
}

const either = <T>(weight: number, one: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: one }, { weight: 100 - weight, arbitrary: other });

/** Values for a schema, under the name of the property or parameter they are for. */
export function valuesOf(schema: TSchema, name: string, source: Source): fc.Arbitrary<unknown> {
  const fitting = drawn(schema, name, source);
  return source.hostility === 0 ? fitting : either(source.hostility, hostileJson, fitting);
}

function drawn(schema: TSchema, name: string, source: Source): fc.Arbitrary<unknown> {
  const { [name]: special } = source.special;
  const { [name]: pool } = source.pools;
  const made = fromShape(schema as Shape, name, source);
  if (special !== undefined) return either(70, special, made);
  return pool === undefined || pool.length === 0 ? made : either(60, fc.constantFrom(...pool), made);
}

function fromShape(shape: Shape, name: string, source: Source): fc.Arbitrary<unknown> {
  if ('const' in shape) return fc.constant(shape.const);
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  if (shape.anyOf !== undefined) return fc.oneof(...shape.anyOf.map((option) => drawn(option, name, source)));
  switch (shape.type) {
    case 'object':
      return objects(shape, source);
    case 'array':
      return arrays(shape, name, source);
    case 'string':
      return strings(shape);
    case 'integer':
      return fc.integer({ min: shape.minimum ?? -(2 ** 31), max: shape.maximum ?? 2 ** 31 - 1 });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case undefined:
      return fc.jsonValue({ maxDepth: 2 });
    default:
      throw new Error(`no values for ${JSON.stringify(shape)}`);
  }
}

/** Addresses that are answered, refused, or may not be called; none that somebody would have to look up. */
export const addresses: readonly string[] = [
  'http://127.0.0.1:1/nobody',
  'http://127.0.0.1:9/?q=%00#x',
  'http://10.0.0.1/private',
  'http://169.254.169.254/latest/meta-data',
  'http://[::1]:1/',
  'http://0x7f000001:1/',
  'https://user:password@127.0.0.1:1/',
];

function strings({ format, pattern, minLength = 0, maxLength = 300 }: Shape): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return either(30, fc.constantFrom(...instants), someInstant);
  if (pattern?.includes('https?') === true) return fc.constantFrom(...addresses);
  if (pattern !== undefined) {
    return fc.stringMatching(new RegExp(pattern)).map((text) => text.slice(0, maxLength));
  }
  const usual = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) });
  return either(
    5,
    fc.constantFrom('x', '\u0436', '\u{1f600}').map((unit) => filled(unit, maxLength)),
    usual,
  );
}

/** A text as long as may be, in code units. */
function filled(unit: string, length: number): string {
  return unit.repeat(Math.floor(length / unit.length));
}

const someInstant = fc
  .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().replace('Z', '+00:00'));

function arrays({ items, minItems = 0, maxItems = 4, uniqueItems }: Shape, name: string, source: Source) {
  if (items === undefined) return fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 });
  const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 4)) };
  const one = valuesOf(items, name, source);
  return uniqueItems === true ? fc.uniqueArray(one, { ...bounds, comparator: 'SameValue' }) : fc.array(one, bounds);
}

/** How often a property that need not be there is not, in a hundred: some bodies have dozens of them. */
const LEFT_OUT = 80;

function objects(shape: Shape, source: Source): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {}, required = [], patternProperties = {}, additionalProperties } = shape;
  const known = Object.entries(properties).map(([name, property]) => {
    const values = valuesOf(property, name, source);
    const left = required.includes(name) ? source.hostility / 4 : LEFT_OUT;
    return either<[string, unknown]>(
      left,
      fc.constant([name, undefined]),
      values.map((value) => [name, value]),
    );
  });
  const free = Object.entries(patternProperties).map(([pattern, value]) =>
    fc.array(fc.tuple(names(pattern, source), valuesOf(value, '', source)), { maxLength: 3 }),
  );
  const extra: fc.Arbitrary<[string, unknown][]> =
    source.hostility === 0 || additionalProperties === false
      ? fc.constant([])
      : fc.array(fc.tuple(fc.constantFrom(...prototypeNames, 'unknown'), hostileJson), { maxLength: 1 });
  return fc
    .tuple(fc.tuple(...known), fc.tuple(...free), extra)
    .map(([own, others, unknown]) => Object.fromEntries([...own, ...others.flat(), ...unknown]));
}

function names(pattern: string, source: Source): fc.Arbitrary<string> {
  const fitting = pattern === '^.*$' ? fc.string({ maxLength: 12 }) : fc.stringMatching(new RegExp(pattern));
  const known = (source.pools['attributeId'] ?? []).map(String).filter((name) => new RegExp(pattern).test(name));
  return known.length === 0 || pattern === '^.*$' ? fitting : either(60, fc.constantFrom(...known), fitting);
}

/** A value with one place of it replaced by anything. */
export function damaged(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return hostileJson;
  const inner = Object.entries(value);
  if (inner.length === 0) return hostileJson;
  const within = fc
    .constantFrom(...inner)
    .chain(([name, part]) =>
      damaged(part).map((replaced) =>
        Array.isArray(value)
          ? value.map((one: unknown, index) => (String(index) === name ? replaced : one))
          : { ...value, [name]: replaced },
      ),
    );
  return either(80, within, hostileJson);
}
