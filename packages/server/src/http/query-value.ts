import { isIntegerId, isSpanEnd } from '@molva/contract';
import type { TSchema } from 'typebox';
import { readInstant, readLastInstant } from '../platform/instant.ts';
import { idAsLookedFor } from '../platform/normalise.ts';

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
