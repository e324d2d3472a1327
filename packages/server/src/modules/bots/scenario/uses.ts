import type { TSchema } from 'typebox';
import { expressionNames } from './expression.ts';
import type { Role } from './fields.ts';
import { templateNames } from './template.ts';

/** The names a block has to do with, each as often as it stands there. */
export interface BlockNames {
  /** Variables and functions that its texts and expressions mention. */
  readonly reads: readonly string[];
  /** Variables it gives a value. */
  readonly sets: readonly string[];
  /** Results of the dialog it notes. */
  readonly results: readonly string[];
  /** Ids of the groups it asks for. */
  readonly groups: readonly string[];
}

/** A text with a role, and the field it stands in. */
interface Use {
  readonly role: Role;
  readonly field: string;
  readonly text: string;
}

/** The parts of a schema through which a text with a role can be reached. */
interface Shape {
  readonly role?: Role;
  /** The role of a map's keys. */
  readonly keys?: Role;
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
}

interface Place {
  readonly shape: Shape;
  readonly value: unknown;
  readonly field: string;
}

/** Where a block leads, by field; its own arrows come before those of its parts. The block fits the schema. */
export function arrowsOf(schema: TSchema, block: unknown): [field: string, target: string][] {
  return usesOf(schema, block).flatMap(({ role, field, text }) => (role === 'arrow' ? [[field, text]] : []));
}

/** The texts with variables in them, by field. The block fits the schema. */
export function textsOf(schema: TSchema, block: unknown): [field: string, text: string][] {
  return usesOf(schema, block).flatMap(({ role, field, text }) => (role === 'text' ? [[field, text]] : []));
}

/** The names in a block that fits the schema; throws on an expression that cannot be read. */
export function namesOf(schema: TSchema, block: unknown): BlockNames {
  const uses = usesOf(schema, block);
  const texts = (role: Role): string[] => uses.flatMap((use) => (use.role === role ? [use.text] : []));
  return {
    reads: [...texts('text').flatMap(templateNames), ...texts('expression').flatMap(expressionNames)],
    sets: texts('variable'),
    results: texts('result'),
    groups: texts('group'),
  };
}

function usesOf(schema: TSchema, block: unknown): Use[] {
  const uses: Use[] = [];
  const places: Place[] = [{ shape: schema as Shape, value: block, field: '' }];
  // What is found inside a place goes to the end of the list the loop goes through: the outer comes first.
  for (const { shape, value, field } of places) {
    if (shape.role !== undefined && typeof value === 'string') uses.push({ role: shape.role, field, text: value });
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, part] of Object.entries(value)) {
      const inside = field === '' ? key : `${field}.${key}`;
      if (shape.keys !== undefined) uses.push({ role: shape.keys, field: inside, text: key });
      const inner = partShape(shape, key);
      if (inner !== undefined) places.push({ shape: inner, value: part, field: inside });
    }
  }
  return uses;
}

function partShape({ items, properties, patternProperties }: Shape, key: string): Shape | undefined {
  if (properties !== undefined) return Object.hasOwn(properties, key) ? properties[key] : undefined;
  return items ?? (patternProperties && Object.values(patternProperties)[0]);
}
