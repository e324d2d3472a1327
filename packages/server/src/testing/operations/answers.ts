import { ErrorBody, errorTable, type ErrorCode, type Operation } from '@molva/contract';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Clean } from 'typebox/value';
import { expect } from 'vitest';
import type { Answered } from '../test-app.ts';

type Anything = Answered<unknown>;

const compiled = new Map<TSchema, ReturnType<typeof Compile>>();

/** What is wrong with a value by a schema: nothing where it fits. */
export function problemsOf(schema: TSchema, value: unknown): unknown[] {
  let check = compiled.get(schema);
  if (check === undefined) compiled.set(schema, (check = Compile(schema)));
  return check.Check(value) ? [] : check.Errors(value);
}

/** The answer succeeded as the operation says it does, and has nothing that is not documented. */
export function expectSuccess(operation: Operation, { status, headers, body }: Anything): void {
  const schema = operation.answers[status];
  if (schema === undefined) throw new Error(`${operation.id}: ${status} ${JSON.stringify(body)}`);
  const value = body === undefined ? null : body;
  expect(problemsOf(schema, value)).toEqual([]);
  expect(Clean(schema, structuredClone(value))).toEqual(value);
  expect(headers.get('content-type')).toBe(body === undefined ? null : 'application/json; charset=utf-8');
}

/** The answer is the failure of that code, in the form all failures have. */
export function expectFailure({ status, headers, body }: Anything, ...codes: ErrorCode[]): void {
  const code = headers.get('x-error-code') as ErrorCode;
  expect(codes, JSON.stringify(body)).toContain(code);
  const entry = errorTable[code];
  expect([status, (body as ErrorBody).error]).toEqual([entry.status, entry.message]);
  expect(problemsOf(ErrorBody, body)).toEqual([]);
  const { details } = body as ErrorBody;
  if (status === 400)
    expect(details).toMatchObject({ code, fields: expect.any(Object), requestId: expect.any(String) });
  else expect(details).toBe(null);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
}

/** What tells one failure from another, without what differs in every answer. */
export function essence({ status, headers, body }: Anything): unknown {
  const { error, details } = (body ?? {}) as Partial<ErrorBody>;
  const { requestId: _, ...reasons } = details ?? {};
  return { status, code: headers.get('x-error-code'), error, reasons };
}
