import type { TSchema } from 'typebox';
import { nameOf, pagedItem } from './schema-names.ts';

/** A JSON object of a document. */
export type Json = Record<string, unknown>;

/** Where a document keeps what it says once. */
export function reference(kind: string, name: string): Json {
  return { $ref: `#/components/${kind}/${name}` };
}

/** Gathers the named schemas of a document: a schema with a name is described once, and referred to everywhere. */
export class DocumentSchemas {
  readonly #described = new Map<string, Json>();

  /** A schema as the document says it in place: a reference, where the schema has a name. */
  place(schema: TSchema): Json {
    const name = nameOf(schema) ?? pageName(schema);
    if (name === undefined) return this.#inline(schema);
    if (!this.#described.has(name)) this.#described.set(name, this.#inline(schema));
    return reference('schemas', name);
  }

  /** The schemas referred to so far, by name. */
  described(): Json {
    return Object.fromEntries([...this.#described].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  #inline(schema: TSchema): Json {
    return Object.fromEntries(Object.entries(schema).flatMap(([keyword, value]) => this.#keyword(keyword, value)));
  }

  #keyword(keyword: string, value: unknown): [string, unknown][] {
    switch (keyword) {
      case 'items':
      case 'not':
        return [[keyword, this.place(value as TSchema)]];
      case 'anyOf':
        return [[keyword, (value as TSchema[]).map((option) => this.place(option))]];
      case 'properties':
        return [[keyword, this.#each(value as Record<string, TSchema>)]];
      case 'patternProperties': {
        // A pattern that every name fits is a detour that few tools take.
        const { '^.*$': any, ...others } = this.#each(value as Record<string, TSchema>);
        if (any === undefined) return [[keyword, others]];
        return [['additionalProperties', Object.keys(any as Json).length === 0 ? true : any]];
      }
      default:
        return [[keyword, value]];
    }
  }

  #each(schemas: Record<string, TSchema>): Json {
    return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, this.place(schema)]));
  }
}

/** The name of a list's page, as `SessionPage`; undefined where the schema is none. */
function pageName(schema: TSchema): string | undefined {
  const item = pagedItem(schema);
  return item === undefined ? undefined : `${item.replace(/ListItem$/, '')}Page`;
}
