import { writeJsonReply, readJsonFrame } from './protocol/json.ts';
import { readProtobufFrame, writeProtobufReply } from './protocol/protobuf.ts';
import { Payload, type CommandValue, type Value } from './protocol/values.ts';

/** The two forms the protocol travels in. */
export type ProtocolName = 'json' | 'protobuf';

const NEWLINE = Buffer.from('\n');
const TEXT_FRAME = 0x81;
const BINARY_FRAME = 0x82;

/** How one form reads frames and writes replies. */
export interface Encoding {
  readonly name: ProtocolName;
  read(frame: Buffer): Iterable<CommandValue>;
  /** Whether a frame is the answer to a ping and nothing else. */
  isPong(frame: Buffer): boolean;
  reply(reply: Value): Buffer;
  /** A WebSocket frame of several replies. */
  frame(replies: readonly Buffer[]): Buffer;
  /** The ping, ready to be sent. */
  readonly ping: Buffer;
}

export const json: Encoding = {
  name: 'json',
  read: (frame) => readJsonFrame(frame.toString('utf8')),
  isPong: ({ length, [0]: first, [1]: second }) => first === 0x7b && second === 0x7d && length <= 3,
  reply: (reply) => Buffer.from(writeJsonReply(reply)),
  frame: (replies) => webSocketFrame(TEXT_FRAME, replies, NEWLINE),
  ping: webSocketFrame(TEXT_FRAME, [Buffer.from('{}')]),
};

export const protobuf: Encoding = {
  name: 'protobuf',
  read: readProtobufFrame,
  isPong: ({ length, [0]: first }) => length === 1 && first === 0,
  reply: writeProtobufReply,
  frame: (replies) => webSocketFrame(BINARY_FRAME, replies),
  ping: webSocketFrame(BINARY_FRAME, [Buffer.from([0])]),
};

/** A publication on its way to many: encoded once in each form it is wanted in. */
export class Push {
  readonly channel: string;
  readonly data: string;
  readonly offset: number;
  readonly audience: string | undefined;
  readonly #epoch: string | undefined;
  #json: Buffer | undefined;
  #protobuf: Buffer | undefined;

  /** `epoch` is sent with a stream's first publication alone. */
  constructor(channel: string, data: string, offset: number, audience: string | undefined, epoch: string | undefined) {
    this.channel = channel;
    // A raw newline would end the message in the middle; JSON strings never hold one.
    this.data = data.includes('\n') ? data.replaceAll('\n', ' ') : data;
    this.offset = offset;
    this.audience = audience;
    this.#epoch = epoch;
  }

  encoded(encoding: Encoding): Buffer {
    return encoding.name === 'json'
      ? (this.#json ??= this.#encode(encoding))
      : (this.#protobuf ??= this.#encode(encoding));
  }

  #encode(encoding: Encoding): Buffer {
    const pub = { data: new Payload(this.data), offset: this.offset, epoch: this.#epoch };
    return encoding.reply({ push: { channel: this.channel, pub } });
  }
}

/** An unmasked, final WebSocket frame (RFC 6455 section 5.2) around parts with a separator between them. */
function webSocketFrame(head: number, parts: readonly Buffer[], separator?: Buffer): Buffer {
  const gaps = separator === undefined ? 0 : separator.length * (parts.length - 1);
  const length = parts.reduce((sum, part) => sum + part.length, gaps);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = head;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  let at = header;
  parts.forEach((part, index) => {
    if (index > 0 && separator !== undefined) at += separator.copy(frame, at);
    at += part.copy(frame, at);
  });
  return frame;
}
