import { isIntegerId, isSpanEnd, isSpoken } from '@molva/contract';
import type { TSchema } from 'typebox';
import { readInstant, readLastInstant } from '../platform/instant.ts';
import { wholeText } from '../platform/text.ts';

/** Rewrites a value in place or answers another one in its stead. */
type Rewrite = (value: unknown) => unknown;

/**
 * Prepares what existing clients send for the schema: PHP writes an empty object as `[]` at any depth, and leaves out
 * fields by sending null; what is said may hold characters that no text can have. Answers undefined where the schema
 * needs nothing done.
 */
export function bodyNormaliser(schema: TSchema): Rewrite | undefined {
  const shape = schema as { type?: string; properties?: Record<string, TSchema>; anyOf?: TSchema[]; items?: TSchema };
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
  return (value) => {
    if (Array.isArray(value) && value.length === 0) return {};
    if (typeof value !== 'object' || value === null) return value;
    const record = value as Record<string, unknown>;
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
function idAsLookedFor(value: unknown): unknown {
  return Number.isSafeInteger(value) && Number(value) > LAST_ID ? LAST_ID : value;
}

function acceptsNull(schema: TSchema): boolean {
  const { type, anyOf } = schema as { type?: string; anyOf?: TSchema[] };
  if (anyOf !== undefined) return anyOf.some(acceptsNull);
  return type === 'null' || type === undefined;
}

const booleans: Readonly<Record<string, boolean>> = { '1': true, '0': false, true: true, false: false, '': false };

/** Reads one query text as its schema's type; what cannot be read fails the check. */
export function queryValue(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const { type } = schema as { type?: string };
  if (type === 'boolean') return booleans[value] ?? value;
  if (type === 'integer' || type === 'number') {
    if (!/^-?\d+$/.test(value)) return value;
    return isIntegerId(schema) ? idAsLookedFor(Number(value)) : Number(value);
  }
  if ((schema as { format?: string }).format === 'date-time')
    return (isSpanEnd(schema) ? readLastInstant : readInstant)(value) ?? '';
  return value;
}
