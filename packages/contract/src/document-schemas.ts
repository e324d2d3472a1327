import type { TSchema } from 'typebox';
import { fieldTextsOf } from './field-texts-of.ts';
import { fieldTexts } from './field-texts.ts';
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

  /**
   * A schema as the document says it in place: a reference, where the schema has a name.
   * @param within the schema, or the field, whose part it is
   */
  place(schema: TSchema, within = ''): Json {
    const name = nameOf(schema) ?? pageName(schema);
    if (name === undefined) return this.#inline(schema, within);
    if (!this.#described.has(name)) this.#described.set(name, this.#inline(schema, name));
    return reference('schemas', name);
  }

  /** The schemas referred to so far, by name. */
  described(): Json {
    return Object.fromEntries([...this.#described].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  #inline(schema: TSchema, within: string): Json {
    return Object.fromEntries(
      Object.entries(schema).flatMap(([keyword, value]) => this.#keyword(keyword, value, within)),
    );
  }

  #keyword(keyword: string, value: unknown, within: string): [string, unknown][] {
    switch (keyword) {
      case 'items':
      case 'not':
        return [[keyword, this.place(value as TSchema, within)]];
      case 'anyOf':
        return [[keyword, (value as TSchema[]).map((option) => this.place(option, within))]];
      case 'properties':
        return [[keyword, this.#fields(value as Record<string, TSchema>, within)]];
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

  /** The fields of an object, each with a sentence; what the schema says of the form of a value comes after it. */
  #fields(schemas: Record<string, TSchema>, within: string): Json {
    return Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => {
        const inside = within.endsWith('Page') && name === 'items' ? within : name;
        const text = fieldTextsOf[`${within}.${name}`] ?? fieldTexts[name] ?? fieldTextsOf[name];
        const { description } = schema as { description?: string };
        const said = [...new Set([text, description])].filter((words) => words !== undefined).join('; ');
        return [name, { ...this.place(schema, inside), ...(said === '' ? {} : { description: said }) }];
      }),
    );
  }
}

/** The name of a list's page, as `SessionPage`; undefined where the schema is none. */
function pageName(schema: TSchema): string | undefined {
  const item = pagedItem(schema);
  return item === undefined ? undefined : `${item.replace(/ListItem$/, '')}Page`;
}
