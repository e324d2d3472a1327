import { DisconnectError, disconnects } from './codes.ts';
import type { Field, Schema } from './schema.ts';
import { Reply, REQUESTS } from './schema.ts';
import type { CommandValue, Payload, Value } from './values.ts';

/** Reads a frame: commands joined by newlines, one trailing newline allowed. Stops with 3501 at the first bad one. */
export function* readJsonFrame(text: string): Generator<CommandValue> {
  const lines = text.split('\n');
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  for (const line of lines) yield readCommand(line);
}

function readCommand(line: string): CommandValue {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new DisconnectError(disconnects.badRequest);
  }
  if (!isObject(value)) throw new DisconnectError(disconnects.badRequest);
  return commandOf(value);
}

/** The command of an object: the first request field in the protocol's order wins. */
export function commandOf(value: Value): CommandValue {
  const { id = 0 } = value;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
    throw new DisconnectError(disconnects.badRequest);
  }
  for (const name of REQUESTS) {
    const request = value[name];
    if (request === undefined || request === null) continue;
    if (!isObject(request)) throw new DisconnectError(disconnects.badRequest);
    return { id, method: name, request };
  }
  return { id, method: undefined, request: {} };
}

/** A reply as JSON text. */
export function writeJsonReply(reply: Value): string {
  return object(Reply, reply);
}

function object(schema: Schema, value: Value): string {
  let members = '';
  for (const field of schema.fields) {
    const text = member(field, value[field.name]);
    if (text !== undefined) members += members === '' ? field.key + text : `,${field.key}${text}`;
  }
  return `{${members}}`;
}

/** The JSON of a field; undefined where it is empty and may be left out. */
function member(field: Field, value: unknown): string | undefined {
  const { kind } = field;
  if (value === undefined) return field.always ? '""' : undefined;
  if (typeof kind === 'string') {
    if (kind === 'bytes') return (value as Payload).text;
    const empty = value === 0 || value === false || value === '';
    return empty && !field.always ? undefined : JSON.stringify(value);
  }
  if ('message' in kind) return object(kind.message, value as Value);
  if ('list' in kind) {
    const list = value as Value[];
    return list.length === 0 ? undefined : `[${list.map((item) => object(kind.list, item)).join(',')}]`;
  }
  const entries = Object.entries(value as Record<string, Value>);
  if (entries.length === 0) return undefined;
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${object(kind.map, item)}`).join(',')}}`;
}

function isObject(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
