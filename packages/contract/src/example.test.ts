import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { callbackSchemas, notificationSchemas } from './callbacks.ts';
import { eventSchemas } from './events.ts';
import { exampleOf } from './example.ts';
import { rpcSchemas, WidgetConnectData } from './live.ts';
import { operations } from './operations/table.ts';
import type { Operation } from './operation.ts';
import { namedSchemas } from './schema-names.ts';

function faults(schema: TSchema, value: unknown): unknown[] {
  return Compile(schema).Errors(value);
}

describe('an example', () => {
  it.each(Object.values(operations) as Operation[])('fits every schema of $id', (operation) => {
    const { params, query, body, answers } = operation;
    for (const schema of [params, query, body, ...Object.values(answers)]) {
      if (schema !== undefined) expect(faults(schema, exampleOf(schema, '', operation.id))).toEqual([]);
    }
    for (const [name, schema] of Object.entries({ ...params?.properties, ...query?.properties })) {
      expect(faults(schema, exampleOf(schema, name, operation.id)), name).toEqual([]);
    }
  });

  it.each((Object.values(operations) as Operation[]).filter(({ example }) => example !== undefined))(
    'written by hand fits the body of $id',
    ({ body, example }) => {
      expect(body).toBeDefined();
      if (body !== undefined) expect(faults(body, example)).toEqual([]);
    },
  );

  it.each([
    ...namedSchemas,
    ...Object.entries({
      ...eventSchemas,
      ...rpcSchemas,
      ...callbackSchemas,
      ...notificationSchemas,
      WidgetConnectData,
    }),
  ])('fits %s', (_name, schema) => {
    expect(faults(schema, exampleOf(schema))).toEqual([]);
  });

  it('is the same every time', () => {
    expect(exampleOf(operations.getSession.answers[200])).toEqual(exampleOf(operations.getSession.answers[200]));
  });

  it('is what the schema says itself, before anything else', () => {
    expect(exampleOf(Type.Literal('widget'), 'name')).toBe('widget');
    expect(exampleOf(Type.String({ examples: ['given'] }), 'name')).toBe('given');
    expect(exampleOf(Type.Integer({ default: 100 }), 'limit')).toBe(100);
  });

  it('is usual for the place of its property, then for its name', () => {
    expect(exampleOf(Type.String(), 'name', 'Chat')).toBe('Shop');
    expect(exampleOf(Type.String(), 'name')).toBe('Anna');
    expect(exampleOf(Type.String({ minLength: 30 }), 'name')).toMatch(/.{30}/);
  });

  it.each([
    [Type.Array(Type.Integer(), { minItems: 3 }), [1, 1, 1]],
    [Type.Array(Type.Never(), { maxItems: 0 }), []],
    [Type.Integer({ minimum: 60 }), 60],
    [Type.Number({ maximum: -5 }), -5],
    [Type.Union([Type.Null(), Type.Boolean()]), null],
    [Type.Record(Type.String(), Type.Boolean()), { key: false }],
    [Type.Object({ of: Type.Object({}) }), { of: {} }],
  ])('fits the bounds of %j', (schema, example) => {
    expect(exampleOf(schema as TSchema)).toEqual(example);
  });

  it('that cannot be made is a fault, named by its place', () => {
    expect(() => exampleOf(Type.String({ pattern: '^never this$' }), 'word', 'Chat')).toThrow(/Chat\.word/);
  });
});
