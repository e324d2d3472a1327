import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable } from './errors.ts';
import { errorsOf } from './openapi-errors.ts';
import { operations } from './operations/table.ts';

const documented = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

describe('the error table', () => {
  it('is documented whole, and nothing else is', () => {
    const rows = [...documented.matchAll(/^\| `([a-z-]+)`\s*\| (\d+)\s*\| (.*?)\s*\| (.*?)\s*\|$/gm)];
    const written = rows.map(([, code, status, message, remedy]) => [
      code,
      { status: Number(status), message, remedy },
    ]);
    expect(Object.fromEntries(written)).toEqual(errorTable);
  });

  it('names no code that no call can answer', () => {
    const answered = new Set(Object.values(operations).flatMap((operation) => errorsOf(operation)));
    // These belong to no operation: they are what an address of no operation answers, what streams do, as pages are, and live calls.
    const others = [
      'path-not-found',
      'method-not-allowed',
      'precondition-failed',
      'range-not-satisfiable',
      'malformed-form',
      'body-incomplete',
      'request-late',
      'too-many-sessions',
      'upgrade-required',
    ];
    expect(
      Object.keys(errorTable)
        .filter((code) => !answered.has(code as never))
        .sort(),
    ).toEqual([...others].sort());
  });

  it('says "Token is expired." for one code alone', () => {
    expect(
      Object.entries(errorTable)
        .filter(([, { message }]) => message === 'Token is expired.')
        .map(([code]) => code),
    ).toEqual(['token-expired']);
  });
});
