import { writeJsonReply, readJsonFrame } from './protocol/json.ts';
import { readProtobufFrame, writeProtobufReply } from './protocol/protobuf.ts';
import { Payload, type CommandValue, type Value } from './protocol/values.ts';
import { frameOf, headLength, opcodes, writeHead, type MessageKind } from './websocket/frames.ts';

/** The two forms the protocol travels in. */
export type ProtocolName = 'json' | 'protobuf';

/** A message in a frame of its own; among others goes what stands behind the head. */
export interface Message {
  readonly frame: Buffer;
  readonly head: number;
}

/** How one form reads frames and writes replies. */
export interface Encoding {
  readonly name: ProtocolName;
  read(frame: Buffer): Iterable<CommandValue>;
  /** Whether a frame is the answer to a ping and nothing else. */
  isPong(frame: Buffer): boolean;
  reply(reply: Value): Message;
  /** A WebSocket frame of several replies. */
  frame(replies: readonly Message[]): Buffer;
  /** The ping, ready to be sent. */
  readonly ping: Buffer;
}

const NEWLINE = 0x0a;

export const json: Encoding = {
  name: 'json',
  read: (frame) => readJsonFrame(frame.toString('utf8')),
  isPong: ({ length, [0]: first, [1]: second }) => first === 0x7b && second === 0x7d && length <= 3,
  reply(reply) {
    const text = writeJsonReply(reply);
    const message = messageOf(opcodes.text, Buffer.byteLength(text));
    message.frame.write(text, message.head);
    return message;
  },
  frame: (replies) => joined(opcodes.text, replies, NEWLINE),
  ping: frameOf(opcodes.text, Buffer.from('{}')),
};

export const protobuf: Encoding = {
  name: 'protobuf',
  read: readProtobufFrame,
  isPong: ({ length, [0]: first }) => length === 1 && first === 0,
  reply(reply) {
    const bytes = writeProtobufReply(reply);
    const message = messageOf(opcodes.binary, bytes.length);
    message.frame.set(bytes, message.head);
    return message;
  },
  frame: (replies) => joined(opcodes.binary, replies),
  ping: frameOf(opcodes.binary, Buffer.from([0])),
};

/** A publication on its way to many: encoded once in each form it is wanted in. */
export class Push {
  readonly channel: string;
  readonly data: string;
  readonly offset: number;
  readonly audience: string | undefined;
  readonly #epoch: string | undefined;
  #json: Message | undefined;
  #protobuf: Message | undefined;

  /** `epoch` is sent with a stream's first publication alone. */
  constructor(channel: string, data: string, offset: number, audience: string | undefined, epoch: string | undefined) {
    this.channel = channel;
    // A raw newline would end the message in the middle; JSON strings never hold one.
    this.data = data.includes('\n') ? data.replaceAll('\n', ' ') : data;
    this.offset = offset;
    this.audience = audience;
    this.#epoch = epoch;
  }

  encoded(encoding: Encoding): Message {
    return encoding.name === 'json'
      ? (this.#json ??= this.#encode(encoding))
      : (this.#protobuf ??= this.#encode(encoding));
  }

  #encode(encoding: Encoding): Message {
    const pub = { data: new Payload(this.data), offset: this.offset, epoch: this.#epoch };
    return encoding.reply({ push: { channel: this.channel, pub } });
  }
}

/** Room for a message of so many bytes, behind a head. */
function messageOf(kind: MessageKind, length: number): Message {
  const head = headLength(length);
  const frame = Buffer.allocUnsafe(head + length);
  writeHead(frame, kind, length);
  return { frame, head };
}

/** A frame of messages with a byte between them, if any. */
function joined(kind: MessageKind, messages: readonly Message[], separator?: number): Buffer {
  const [first] = messages;
  if (first !== undefined && messages.length === 1) return first.frame;
  let length = separator === undefined ? 0 : messages.length - 1;
  for (const { frame, head } of messages) length += frame.length - head;
  const { frame, head } = messageOf(kind, length);
  let at = head;
  for (const message of messages) {
    if (separator !== undefined && at > head) frame[at++] = separator;
    at += message.frame.copy(frame, at, message.head);
  }
  return frame;
}
