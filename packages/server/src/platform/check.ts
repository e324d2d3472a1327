import type { FieldProblems } from '@molva/contract';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/schema';
import { reasonOf, type SchemaError } from './check-words.ts';
import { Failure } from './failure.ts';

/** Schemas are constants that many calls share: each is compiled once. */
const validators = new WeakMap<TSchema, Validator>();

/** The compiled form of a schema, made when it is first asked for. */
export function validatorOf(schema: TSchema): Validator {
  const compiled = validators.get(schema) ?? Compile(schema);
  validators.set(schema, compiled);
  return compiled;
}

/**
 * A check of one value against its schema: answers the value or throws `invalid-input`. The schema is compiled with the
 * first value: a start has hundreds of them, and waits for none.
 */
export function checker(schema: TSchema): (value: unknown) => unknown {
  let compiled: Validator | undefined;
  return (value) => {
    compiled ??= validatorOf(schema);
    if (compiled.Check(value)) return value;
    throw new Failure('invalid-input', problems(compiled.Errors(value)[1]));
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
