import type { Operation } from '@molva/contract';
import type { TObject, TSchema } from 'typebox';
import { checker } from '../platform/check.ts';
import { badField } from '../platform/failure.ts';
import { BROKEN_TEXT, brokenTextIn } from '../platform/text.ts';
import { bodyNormaliser, queryValue } from './normalise.ts';

/** The checked input of a call. */
export interface CheckedInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** The raw input of a call. */
export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Compiles the schemas of an operation into one check that answers the input or throws `invalid-input`. */
export function inputCheck(operation: Operation): (raw: RawInput) => CheckedInput {
  const params = operation.params && checker(operation.params);
  const query = operation.query && checker(operation.query);
  const body = operation.body && checker(operation.body);
  const normalise = operation.body && bodyNormaliser(operation.body);
  return (raw) => ({
    params: params && operation.params ? params(readParams(operation, raw.params)) : undefined,
    query: query && operation.query ? query(readQuery(operation.query, raw.query)) : undefined,
    body: body ? body(normalise ? normalise(raw.body ?? {}) : raw.body) : undefined,
  });
}

/** Path parameters as their types; the rest of a path arrives under `*`. */
function readParams(operation: Operation, raw: unknown): Record<string, unknown> {
  const given = raw as Record<string, unknown>;
  const properties = Object.entries((operation.params as TObject).properties as Record<string, TSchema>);
  return Object.fromEntries(
    properties.map(([name, property]) => {
      const value = given[name] ?? (operation.takesRest ? given['*'] : undefined);
      return [name, queryValue(property, wellFormed(name, value))];
    }),
  );
}

/** A text that a database can store: what is not, is refused by its name. */
function wellFormed(name: string, value: unknown): unknown {
  if (typeof value === 'string' && brokenTextIn(value) !== undefined) throw badField(name, BROKEN_TEXT);
  return value;
}

/** The parameters that are given; existing clients send an empty one where they mean none. */
function readQuery(schema: TObject, raw: unknown): Record<string, unknown> {
  const given = raw as Record<string, unknown>;
  const read: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties as Record<string, TSchema>)) {
    const { items } = property as { items?: TSchema };
    if (items !== undefined) {
      const values = queryList(given, name);
      if (values !== undefined && values.length > 0)
        read[name] = values.map((value) => queryValue(items, wellFormed(name, value)));
    } else if (given[name] !== undefined && given[name] !== '')
      read[name] = queryValue(property, wellFormed(name, given[name]));
  }
  return read;
}

/** A list in any of its spellings: `name=a,b`, `name=a&name=b`, `name[]=a` and PHP's `name[0]=a`. */
function queryList(given: Record<string, unknown>, name: string): string[] | undefined {
  const found = Object.entries(given).filter(
    ([key]) => key === name || (key.startsWith(`${name}[`) && /^\[\w*\]$/.test(key.slice(name.length))),
  );
  if (found.length === 0) return undefined;
  return found
    .flatMap(([, value]) => value as string | string[])
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}
