import protobuf from 'protobufjs/minimal.js';
import { DisconnectError, disconnects } from './codes.ts';
import { commandOf } from './json.ts';
import type { Field, Schema } from './schema.ts';
import { Command, Reply } from './schema.ts';
import type { CommandValue, Payload, Value } from './values.ts';

const { Reader, Writer } = protobuf;
type Reader = InstanceType<typeof Reader>;
type Writer = InstanceType<typeof Writer>;

const VARINT = 0;
const DELIMITED = 2;

/** Reads a frame: commands, each behind its length. Stops with 3501 at the first bad one. */
export function* readProtobufFrame(bytes: Uint8Array): Generator<CommandValue> {
  const reader = Reader.create(bytes);
  if (reader.len === 0) throw new DisconnectError(disconnects.badRequest);
  while (reader.pos < reader.len) {
    let value: Value;
    try {
      value = readMessage(Command, reader, reader.uint32());
    } catch {
      throw new DisconnectError(disconnects.badRequest);
    }
    yield commandOf(value);
  }
}

/** A reply as bytes behind their length. */
export function writeProtobufReply(reply: Value): Uint8Array {
  return writeMessage(Writer.create().fork(), Reply, reply).ldelim().finish();
}

function readMessage(schema: Schema, reader: Reader, length: number): Value {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('the message is cut off');
  const value: Value = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = schema.byNumber.get(tag >>> 3);
    if (field === undefined) reader.skipType(tag & 7);
    else readField(value, field, reader);
  }
  return value;
}

function readField(value: Value, { name, kind }: Field, reader: Reader): void {
  if (kind === 'uint32') value[name] = reader.uint32();
  else if (kind === 'uint64') value[name] = Number(reader.uint64());
  else if (kind === 'bool') value[name] = reader.bool();
  else if (kind === 'string') value[name] = reader.string();
  else if (kind === 'bytes') value[name] = JSON.parse(Buffer.from(reader.bytes()).toString('utf8') || 'null');
  else if ('message' in kind) value[name] = readMessage(kind.message, reader, reader.uint32());
  else if ('list' in kind) {
    const list = (value[name] ??= []) as Value[];
    list.push(readMessage(kind.list, reader, reader.uint32()));
  } else {
    const map = (value[name] ??= {}) as Value;
    const [key, item] = readEntry(kind.map, reader);
    Object.defineProperty(map, key, { value: item, enumerable: true, configurable: true, writable: true });
  }
}

function readEntry(schema: Schema, reader: Reader): [string, Value] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let item: Value = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) item = readMessage(schema, reader, reader.uint32());
    else reader.skipType(tag & 7);
  }
  return [key, item];
}

function writeMessage(writer: Writer, schema: Schema, value: Value): Writer {
  for (const field of schema.fields) {
    const content = value[field.name];
    if (content !== undefined) writeField(writer, field, content);
  }
  return writer;
}

function writeField(writer: Writer, { number, kind }: Field, value: unknown): void {
  if (typeof kind === 'string') {
    if (value === 0 || value === false || value === '') return;
    if (kind === 'string') writer.uint32((number << 3) | DELIMITED).string(value as string);
    else if (kind === 'bytes') writer.uint32((number << 3) | DELIMITED).bytes(Buffer.from((value as Payload).text));
    else if (kind === 'bool') writer.uint32((number << 3) | VARINT).bool(true);
    else writer.uint32((number << 3) | VARINT).uint64(value as number);
  } else if ('message' in kind) {
    writeMessage(writer.uint32((number << 3) | DELIMITED).fork(), kind.message, value as Value).ldelim();
  } else if ('list' in kind) {
    for (const item of value as Value[]) {
      writeMessage(writer.uint32((number << 3) | DELIMITED).fork(), kind.list, item).ldelim();
    }
  } else {
    for (const [key, item] of Object.entries(value as Record<string, Value>)) {
      writer
        .uint32((number << 3) | DELIMITED)
        .fork()
        .uint32((1 << 3) | DELIMITED)
        .string(key);
      writeMessage(writer.uint32((2 << 3) | DELIMITED).fork(), kind.map, item)
        .ldelim()
        .ldelim();
    }
  }
}
