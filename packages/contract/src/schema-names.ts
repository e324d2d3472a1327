import type { TSchema } from 'typebox';
import * as bots from './bots.ts';
import * as callbacks from './callbacks.ts';
import * as chats from './chats.ts';
import * as clients from './clients.ts';
import * as dialogs from './dialogs.ts';
import * as errors from './errors.ts';
import * as events from './events.ts';
import * as facts from './facts.ts';
import * as groups from './groups.ts';
import * as iam from './iam.ts';
import * as live from './live.ts';
import * as messageParts from './message-parts.ts';
import * as messages from './messages.ts';
import { Created, ScalarValue, Success } from './primitives.ts';
import * as sessions from './sessions.ts';
import { Verified } from './verified.ts';

/** A schema by the keywords that matter here; the rest is copied as it is. */
export interface SchemaShape {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
  readonly anyOf?: readonly TSchema[];
  readonly enum?: readonly unknown[];
}

const everything: readonly (readonly [name: string, value: unknown])[] = [
  ...Object.entries({ Created, ScalarValue, Success, Verified }),
  ...Object.entries({ ...messageParts, ...sessions, ...messages, ...chats, ...bots, ...dialogs }),
  ...Object.entries({ ...facts, ...clients, ...groups, ...iam, ...errors, ...events, ...live, ...callbacks }),
  ...Object.entries(events.eventSchemas).map(([name, schema]) => [capital(name), schema] as const),
  ...Object.entries(callbacks.notificationSchemas).map(
    ([event, schema]) => [`${event.toLowerCase().split('_').map(capital).join('')}Notification`, schema] as const,
  ),
];

/** The schemas of the contract that have a name of their own: what its modules export, and what events carry. */
export const namedSchemas: ReadonlyMap<string, TSchema> = new Map(
  everything.flatMap(([name, value]) => (isShared(value) ? [[name, value] as const] : [])),
);

/** The name of a schema in the documents; undefined where it has none. An optional property has the name it had. */
export function nameOf(schema: TSchema): string | undefined {
  if (!isShared(schema)) return undefined;
  for (const [name, named] of namedSchemas) if (same(named, schema)) return name;
  return undefined;
}

/** The name of what a page of a list holds; undefined where the schema is no such page. */
export function pagedItem(schema: TSchema): string | undefined {
  const { properties } = schema as SchemaShape;
  const item = (properties?.['items'] as SchemaShape | undefined)?.items as SchemaShape | undefined;
  const fields = item?.properties;
  if (properties?.['count'] === undefined || fields === undefined) return undefined;
  for (const [name, named] of namedSchemas) {
    const own = Object.entries((named as SchemaShape).properties ?? {});
    // A page adds the count of a group to the fields of its items.
    if (own.length + 1 !== Object.keys(fields).length) continue;
    if (own.every(([key, value]) => fields[key] !== undefined && same(value, fields[key]))) return name;
  }
  return undefined;
}

/** The whole schema of what a page of a list holds; undefined where the schema is no such page. */
export function listedItem(schema: TSchema): TSchema | undefined {
  const name = pagedItem(schema);
  return name === undefined ? undefined : namedSchemas.get(name);
}

/** Only what has parts or words is worth a name; a text or a number is said where it stands. */
function isShared(value: unknown): value is TSchema {
  if (typeof value !== 'object' || value === null) return false;
  return ['properties', 'patternProperties', 'anyOf', 'enum'].some((keyword) => keyword in value);
}

/** Whether two schemas are the same one: `Type.Optional` and `Type.Partial` copy the outermost object alone. */
function same(one: TSchema, other: TSchema): boolean {
  if (one === other) return true;
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([keyword, value]) => (other as Record<string, unknown>)[keyword] === value)
  );
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
