import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { checker } from './check.ts';
import { Failure } from './failure.ts';

const check = checker(
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    word: Type.Unsafe<string>({ type: 'string', enum: ['A', 'B'] }),
    url: Type.Optional(Type.Union([Type.String({ format: 'url', pattern: '^https?://' }), Type.Null()])),
    files: Type.Optional(
      Type.Array(Type.Union([Type.String({ format: 'uuid' }), Type.Object({ id: Type.String({ format: 'uuid' }) })]), {
        maxItems: 1,
      }),
    ),
    kind: Type.Optional(Type.Literal('text')),
    scale: Type.Optional(Type.Union([Type.Unsafe<string>({ type: 'string', enum: ['2', '5'] }), Type.Null()])),
  }),
);
const right = { id: crypto.randomUUID(), word: 'A' };

function problems(value: unknown): unknown {
  try {
    return check(value);
  } catch (error) {
    return (error as Failure).fields;
  }
}

describe('what is wrong with a value is said in words of its own', () => {
  it.each([
    [{ word: 'A' }, { id: ['is required'] }],
    [{ ...right, id: 'x' }, { id: ['must be a UUID'] }],
    [{ ...right, word: 'C' }, { word: ['must be one of A, B'] }],
    [{ ...right, word: 7 }, { word: ['must be string'] }],
    [{ ...right, url: 7 }, { url: ['must be null or string'] }],
    [{ ...right, url: 'ftp://x.example/' }, { url: ['has characters, or a form, that it cannot have'] }],
    [
      { ...right, files: ['x', 7] },
      {
        files: ['must not have more than 1 entries'],
        'files.0': ['must be a UUID', 'must be object'],
        'files.1': ['must be object or string'],
      },
    ],
    [{ ...right, scale: '7' }, { scale: ['must be one of 2, 5'] }],
    [{ ...right, kind: 'voice' }, { kind: ['must be "text"'] }],
    ['x', { '': ['must be object'] }],
  ])('of %j', (value, fields) => {
    expect(problems(value)).toEqual(fields);
    expect(JSON.stringify(problems(value))).not.toMatch(/schema|anyOf|\^/);
  });

  it('and what is right is answered as it is', () => {
    expect(problems(right)).toBe(right);
    expect(() => check({})).toThrow(Failure);
  });
});
