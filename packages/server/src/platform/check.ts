import type { FieldProblems } from '@molva/contract';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Failure } from './failure.ts';

/** A check of one value against its schema: answers the value or throws `invalid-input`. */
export function checker(schema: TSchema): (value: unknown) => unknown {
  const compiled = Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return value;
    throw new Failure('invalid-input', problems(compiled.Errors(value)));
  };
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: unknown;
}

function problems(errors: readonly SchemaError[]): FieldProblems {
  const fields: FieldProblems = {};
  for (const error of errors) {
    const path = error.instancePath.slice(1).replaceAll('/', '.');
    const missing = (error.params as { requiredProperties?: string[] }).requiredProperties;
    if (error.keyword === 'required' && missing !== undefined) {
      for (const name of missing) add(fields, path === '' ? name : `${path}.${name}`, 'is required');
    } else add(fields, path, error.message);
  }
  return fields;
}

function add(fields: FieldProblems, name: string, reason: string): void {
  const reasons = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (reasons === undefined) Object.defineProperty(fields, name, { value: [reason], enumerable: true });
  else if (!reasons.includes(reason)) reasons.push(reason);
}
