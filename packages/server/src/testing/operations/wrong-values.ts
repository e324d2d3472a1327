import type { TSchema } from 'typebox';
import { problemsOf } from './answers.ts';

/** The words of a schema that say what it refuses. */
export interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly additionalProperties?: TSchema | boolean;
  readonly maxProperties?: number;
  readonly anyOf?: readonly TSchema[];
}

/** Candidates of every type, and beyond every kind of bound. */
const candidates: readonly unknown[] = [
  'no such word',
  7,
  -1.5,
  true,
  { unexpected: [] },
  ['x', {}],
  1e15,
  '',
  'x'.repeat(70_000),
];

/** Values a property of a body must not have, by its schema; none where it takes anything. */
export function wrongValues(schema: TSchema): unknown[] {
  return candidates.filter((value) => problemsOf(schema, value).length > 0);
}

/** Texts a parameter must not have, by its schema. */
export function wrongTexts(schema: TSchema): string[] {
  const { type, enum: words, format, pattern, items, maxLength } = schema as Shape;
  if (type === 'array') return items === undefined ? [] : wrongTexts(items).filter((text) => !text.includes(','));
  if (type === 'integer') return ['one', '1.5', '1e3', '99999999999999999999', '0x10', ...outside(schema as Shape)];
  if (type === 'boolean') return ['maybe', '2', 'TRUE!'];
  const broken = ['a\0b'];
  if (words !== undefined || format !== undefined) return ['no such word', ...broken];
  if (pattern !== undefined) return [' ', ...broken];
  return [...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]), ...broken];
}

function outside({ minimum, maximum }: Shape): string[] {
  return [
    ...(minimum === undefined ? [] : [String(minimum - 1)]),
    ...(maximum === undefined ? [] : [String(maximum + 1)]),
  ];
}
