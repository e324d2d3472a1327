import type { FieldProblems } from '@molva/contract';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { reasonOf, type SchemaError } from './check-words.ts';
import { Failure } from './failure.ts';

/** Schemas are constants that many calls share: each is compiled once. */
const validators = new WeakMap<TSchema, Validator>();

/** A check of one value against its schema: answers the value or throws `invalid-input`. */
export function checker(schema: TSchema): (value: unknown) => unknown {
  const compiled = validators.get(schema) ?? Compile(schema);
  validators.set(schema, compiled);
  return (value) => {
    if (compiled.Check(value)) return value;
    throw new Failure('invalid-input', problems(compiled.Errors(value)));
  };
}

function problems(errors: readonly SchemaError[]): FieldProblems {
  const fields: FieldProblems = {};
  for (const error of errors) {
    const path = error.instancePath.slice(1).replaceAll('/', '.');
    const missing = (error.params as { requiredProperties?: string[] }).requiredProperties;
    if (error.keyword === 'required' && missing !== undefined) {
      for (const name of missing) add(fields, path === '' ? name : `${path}.${name}`, 'is required');
    } else {
      const reason = reasonOf(error, errors);
      if (reason !== undefined) add(fields, path, reason);
    }
  }
  return fields;
}

function add(fields: FieldProblems, name: string, reason: string): void {
  const reasons = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (reasons === undefined) Object.defineProperty(fields, name, { value: [reason], enumerable: true });
  else if (!reasons.includes(reason)) reasons.push(reason);
}
