import { isFile, type Operation } from '@molva/contract';
import { Type, type TObject, type TSchema } from 'typebox';
import { checker } from '../platform/check.ts';
import { badField, Failure } from '../platform/failure.ts';
import { reader } from '../platform/normalise.ts';
import type { FormPart } from '../platform/streams.ts';
import { BROKEN_TEXT, brokenTextIn } from '../platform/text.ts';
import { mayBeBroken } from './json-body.ts';
import { queryValue } from './query-value.ts';

/** The checked input of a call. */
export interface CheckedInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** The raw input of a call. A streamed body is checked as it is read. */
export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Compiles the schemas of an operation into one check that answers the input or throws `invalid-input`. */
export function inputCheck(operation: Operation): (raw: RawInput) => CheckedInput {
  const params = operation.params && checker(operation.params);
  const query = operation.query && checker(operation.query);
  const whole = operation.consumes === undefined ? operation.body : undefined;
  const body = whole && reader(whole);
  const readParams = paramsReader(operation);
  return (raw) => ({
    params: params && params(readParams(raw.params)),
    query: query && operation.query ? query(readQuery(operation.query, raw.query)) : undefined,
    body: body && wholeBody(body(raw.body)),
  });
}

/**
 * The check of a form by the schema of its operation, part by part: texts are read as their types, parts that the schema
 * does not name are passed over, and a required one that did not come is missed at the end. `ids`, `ids[]` and `ids[0]`
 * are the same name.
 */
export function formCheck({ body }: Operation): (parts: AsyncIterable<FormPart>) => AsyncIterable<FormPart> {
  const schema = (body ?? Type.Object({})) as TObject;
  const fields = new Map(
    Object.entries(schema.properties as Record<string, TSchema>).map(([name, property]) => {
      const one = (property as { items?: TSchema }).items ?? property;
      return [plainName(name), { name, isFile: isFile(one), type: one, check: checker(Type.Object({ [name]: one })) }];
    }),
  );
  return async function* checked(parts) {
    const missing = new Set<string>(schema.required ?? []);
    for await (const part of parts) {
      const field = fields.get(plainName(part.name));
      if (field === undefined) continue;
      const { name } = field;
      if (field.isFile !== (part.kind === 'file')) throw badField(name, `must be a ${field.isFile ? 'file' : 'text'}`);
      missing.delete(name);
      if (part.kind === 'file') {
        wellFormed(name, part.fileName);
        yield { ...part, name };
      } else {
        const value = queryValue(field.type, wellFormed(name, part.value));
        yield { ...part, name, value: (field.check({ [name]: value }) as Record<string, unknown>)[name] };
      }
    }
    if (missing.size > 0) {
      throw new Failure('invalid-input', Object.fromEntries([...missing].map((name) => [name, ['is required']])));
    }
  };
}

/** The name of a field without the brackets of a list. */
function plainName(name: string): string {
  return name.replace(/\[\w*\]$/, '');
}

/** Reads path parameters as their types; the rest of a path arrives under `*`. */
function paramsReader({ params, takesRest }: Operation): (raw: unknown) => Record<string, unknown> {
  const properties = Object.entries((params as TObject | undefined)?.properties ?? {});
  return (raw) => {
    const given = raw as Record<string, unknown>;
    const read: Record<string, unknown> = {};
    for (const [name, property] of properties) {
      const value = given[name] ?? (takesRest ? given['*'] : undefined);
      read[name] = queryValue(property as TSchema, wellFormed(name, value));
    }
    return read;
  };
}

/** A body whose texts a database can store: what is none, is refused by its name. */
function wholeBody(body: unknown): unknown {
  const broken = mayBeBroken(body) ? brokenTextIn(body) : undefined;
  if (broken !== undefined) throw badField(broken, BROKEN_TEXT);
  return body;
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
