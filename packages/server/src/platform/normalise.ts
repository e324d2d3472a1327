import { isIntegerId, isSpoken } from '@molva/contract';
import type { TSchema } from 'typebox';
import { checker } from './check.ts';
import { wholeText } from './text.ts';

/** Rewrites a value in place or answers another one in its stead. */
type Rewrite = (value: unknown) => unknown;

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
}

/**
 * Prepares what existing clients send for the schema: PHP writes an empty object as `[]` at any depth, and leaves out
 * fields by sending null; what is said may hold characters that no text can have. Answers undefined where the schema
 * needs nothing done.
 */
export function bodyNormaliser(schema: TSchema): Rewrite | undefined {
  const shape = schema as Shape;
  if (isSpoken(schema) || shape.anyOf?.some(isSpoken) === true) {
    return (value) => (typeof value === 'string' ? wholeText(value) : value);
  }
  if (isIntegerId(schema) || shape.anyOf?.some(isIntegerId) === true) return idAsLookedFor;
  if (shape.anyOf !== undefined) {
    const object = shape.anyOf.find((option) => (option as { type?: string }).type === 'object');
    const array = shape.anyOf.some((option) => (option as { type?: string }).type === 'array');
    return object === undefined || array ? undefined : bodyNormaliser(object);
  }
  if (shape.type === 'array') {
    const each = shape.items && bodyNormaliser(shape.items);
    return each && ((value) => (Array.isArray(value) ? value.map(each) : value));
  }
  if (shape.type !== 'object') return undefined;
  const parts = Object.entries(shape.properties ?? {}).flatMap(([name, property]) => {
    const rewrite = bodyNormaliser(property);
    const dropNull = !acceptsNull(property);
    return rewrite === undefined && !dropNull ? [] : [{ name, rewrite, dropNull }];
  });
  const named = Object.values(shape.patternProperties ?? {});
  const dropNulls = named.length > 0 && !named.some(acceptsNull);
  return (value) => {
    if (Array.isArray(value) && value.length === 0) return {};
    if (typeof value !== 'object' || value === null) return value;
    const record = value as Record<string, unknown>;
    if (dropNulls) for (const [name, inner] of Object.entries(record)) if (inner === null) delete record[name];
    for (const { name, rewrite, dropNull } of parts) {
      const inner = record[name];
      if (inner === undefined) continue;
      if (inner === null) {
        if (dropNull) delete record[name];
      } else if (rewrite !== undefined) record[name] = rewrite(inner);
    }
    return record;
  };
}

/** The largest id there can be here, which nobody has. */
const LAST_ID = 2_147_483_647;

/** An id as it is looked for: one that is wider than those here is nobody's. */
export function idAsLookedFor(value: unknown): unknown {
  return Number.isSafeInteger(value) && Number(value) > LAST_ID ? LAST_ID : value;
}

/** Makes the one way in which data is read by a schema, in whichever way it comes: prepared, then checked. */
export function reader(schema: TSchema): (value: unknown) => unknown {
  const check = checker(schema);
  const normalise = bodyNormaliser(schema);
  return (value) => check(normalise === undefined ? value : normalise(value === undefined ? {} : value));
}

function acceptsNull(schema: TSchema): boolean {
  const { type, anyOf } = schema as { type?: string; anyOf?: TSchema[] };
  if (anyOf !== undefined) return anyOf.some(acceptsNull);
  return type === 'null' || type === undefined;
}
