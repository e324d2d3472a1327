import type { TSchema } from 'typebox';
import { Check } from 'typebox/schema';
import { examplePlaces } from './example-places.ts';
import { examplesOfStrings, exampleValues } from './example-values.ts';
import { nameOf } from './schema-names.ts';

/** The words of a schema that an example is made of. */
interface Shape {
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * A value that the schema accepts, the same every time: what the schema itself gives (`const`, `examples`, `default`),
 * then what is usual for a property of this name, then what its type asks for. Throws where nothing of that fits.
 * @param name the property the schema belongs to
 * @param within the named schema, property or operation it is a property of
 */
export function exampleOf(schema: TSchema, name = '', within = ''): unknown {
  for (const candidate of candidates(schema, name, within)) if (Check(schema, candidate)) return candidate;
  throw new Error(`no example fits ${within}.${name}: ${JSON.stringify(schema)}; add one to exampleValues`);
}

function* candidates(schema: TSchema, name: string, within: string): Generator {
  const shape = schema as Shape;
  if ('const' in shape) yield shape.const;
  yield* shape.examples ?? [];
  if ('default' in shape) yield shape.default;
  yield* valuesOf(examplePlaces, `${within}.${name}`);
  yield* valuesOf(exampleValues, name);
  yield* shape.enum ?? [];
  for (const option of shape.anyOf ?? []) yield* candidates(option, name, within);
  yield* ofType(shape, name, nameOf(schema) ?? name, within);
}

function valuesOf(table: Readonly<Record<string, readonly unknown[]>>, name: string): readonly unknown[] {
  return Object.hasOwn(table, name) ? (table[name] ?? []) : [];
}

function* ofType(shape: Shape, name: string, own: string, within: string): Generator {
  switch (shape.type) {
    case 'object':
      yield* objects(shape, own);
      break;
    case 'array':
      yield array(shape, name, within);
      break;
    case 'string':
      yield* examplesOfStrings;
      break;
    case 'integer':
    case 'number':
      yield* [1, shape.minimum, shape.maximum];
      break;
    case 'boolean':
      // What a query says true to is what it is there for; in a body or an answer, most things are not so.
      yield name.startsWith('without');
      break;
    case 'null':
      yield null;
      break;
    case undefined:
      yield 'text';
  }
}

function* objects({ properties, patternProperties }: Shape, own: string): Generator {
  const known = Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, property]) => [name, exampleOf(property, name, own)]),
  );
  if (properties !== undefined) yield known;
  for (const value of Object.values(patternProperties ?? {})) {
    for (const key of ['key', ...examplesOfStrings]) yield { ...known, [key]: exampleOf(value, key, own) };
  }
  yield known;
}

function array({ items, minItems = 1, maxItems = 1 }: Shape, name: string, within: string): unknown[] {
  if (items === undefined || maxItems === 0) return [];
  return Array.from({ length: Math.max(minItems, 1) }, () => exampleOf(items, name, within));
}
