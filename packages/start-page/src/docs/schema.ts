/** A JSON schema as the documents of the API write it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

/** A place of a document that refers to another one. */
export interface Reference {
  readonly $ref: string;
}

/** A field of a body as a row says it. */
export interface FieldRow {
  /** Where it stands, as `messages[].id`. */
  readonly path: string;
  readonly required: boolean;
  readonly type: string;
  readonly bounds: string;
  readonly description: string;
}

/** How deep fields are followed: a schema may hold itself. */
const DEEPEST = 8;

/** Reads the schemas of a document. */
export class Schemas {
  readonly #document: unknown;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** What a place says, or what it refers to. */
  resolve<T>(value: T | Reference): T {
    const { $ref } = value as Partial<Reference>;
    if ($ref === undefined) return value as T;
    const found = $ref
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], this.#document);
    // A named message or schema may itself be a reference.
    return this.resolve(found as T);
  }

  /** A row for each field, those of inner objects and lists under their paths. */
  rows(of: Schema, path = '', depth = 0): FieldRow[] {
    const schema = this.resolve<Schema>(of);
    const required = new Set(schema.required);
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const own = path === '' ? name : `${path}.${name}`;
      const inner = depth < DEEPEST ? this.#inner(property) : undefined;
      return [
        {
          path: own,
          required: required.has(name),
          type: this.type(property),
          bounds: bounds(this.resolve<Schema>(property)),
          description: property.description ?? this.resolve<Schema>(property).description ?? '',
        },
        ...(inner === undefined ? [] : this.rows(inner.schema, own + inner.suffix, depth + 1)),
      ];
    });
  }

  /** What a schema admits, in a few words. */
  type(of: Schema): string {
    const schema = this.resolve<Schema>(of);
    if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((option) => this.type(option)))].join(' or ');
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(' or ');
    if (schema.items !== undefined) return `list of ${this.type(schema.items)}`;
    return schema.format ?? [schema.type ?? 'anything'].flat().join(' or ');
  }

  /** The object within a field: itself, what a list holds, or what a map holds. */
  #inner(of: Schema): { schema: Schema; suffix: string } | undefined {
    const { properties, items, anyOf, additionalProperties } = this.resolve<Schema>(of);
    if (properties !== undefined) return { schema: of, suffix: '' };
    if (items !== undefined) return { schema: items, suffix: '[]' };
    if (typeof additionalProperties === 'object') return { schema: additionalProperties, suffix: '.*' };
    const object = anyOf?.find((option) => this.resolve<Schema>(option).properties !== undefined);
    return object === undefined ? undefined : { schema: object, suffix: '' };
  }
}

/** What a value may be at most and at least; empty where nothing is said. */
function bounds({ minimum, maximum, minLength, maxLength, maxItems }: Schema): string {
  const from = minimum ?? minLength;
  const to = maximum ?? maxLength ?? maxItems;
  if (from === undefined && to === undefined) return '';
  return `${from ?? ''}…${to ?? ''}`;
}
