import { isUtf8 } from 'node:buffer';
import { NO_CODE, opcodes, type MessageKind } from './frames.ts';
import { Gathering } from './gathering.ts';

/** Who hears what stands in frames. */
export interface FrameListener {
  /** A whole message. */
  message(payload: Buffer): void;
  pinged(payload: Buffer): void;
  ponged(): void;
  /** The last that is read: the client says goodbye, with 1005 where it gives no code. */
  closed(code: number, reason: string): void;
  /** The last that is read: what came is no frame, or not one that is taken. */
  broken(code: number): void;
}

/** Codes of what is wrong with a frame (RFC 6455 section 7.4.1). */
const PROTOCOL_ERROR = 1002;
const INVALID_TEXT = 1007;
const TOO_LONG = 1009;

const LONGEST_HEAD = 14;
const LONGEST_CONTROL = 125;

/** The head of a frame that came. */
interface Head {
  readonly final: boolean;
  readonly opcode: number;
  readonly length: number;
  /** Where its mask begins. */
  readonly maskAt: number;
}

/**
 * Reads the frames of a client (RFC 6455 section 5) off chunks that end anywhere. What came is kept only while a frame
 * or a message is not whole, and a message is at most so long.
 */
export class FrameReader {
  readonly #longest: number;
  readonly #listener: FrameListener;
  /** The beginning of a frame that is not whole. */
  #rest: Gathering | undefined;
  /** How much there must be for the next look to be worth it. */
  #needed = 0;
  /** A message of which fragments came, and its kind. */
  #message: Gathering | undefined;
  #kind: MessageKind = opcodes.text;
  #done = false;

  constructor(listener: FrameListener, longest: number) {
    this.#listener = listener;
    this.#longest = longest;
  }

  /** Takes the next bytes. */
  read(chunk: Buffer): void {
    if (this.#done) return;
    let bytes = chunk;
    if (this.#rest !== undefined) {
      this.#rest.add(chunk);
      if (this.#rest.length < this.#needed) return;
      bytes = this.#rest.take();
      this.#rest = undefined;
    }
    let at = 0;
    while (at < bytes.length && !this.#done) {
      const read = this.#frame(bytes, at);
      if (read === 0) break;
      at += read;
    }
    if (at === bytes.length || this.#done) return;
    this.#rest = new Gathering(LONGEST_HEAD + this.#longest);
    this.#rest.add(bytes.subarray(at));
  }

  /** Reads the frame at a place; answers its length, 0 where it is not whole. */
  #frame(bytes: Buffer, at: number): number {
    const head = this.#head(bytes, at);
    if (head === undefined || this.#done) return 0;
    const begin = head.maskAt + 4;
    const end = begin + head.length;
    if (bytes.length < end) {
      this.#needed = end - at;
      return 0;
    }
    const payload = bytes.subarray(begin, end);
    unmask(payload, bytes, head.maskAt);
    if (head.opcode >= opcodes.close) this.#control(head.opcode, payload);
    else this.#data(head, payload);
    return end - at;
  }

  #head(bytes: Buffer, at: number): Head | undefined {
    if (bytes.length < at + 2) return this.#needs(2);
    const first = bytes.readUInt8(at);
    const second = bytes.readUInt8(at + 1);
    const final = (first & 0x80) !== 0;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    const masked = (second & 0x80) !== 0;
    if ((first & 0x70) !== 0 || !masked || !this.#fits(opcode, final, short)) return this.#break(PROTOCOL_ERROR);
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskAt = at + 2 + lengthBytes;
    if (bytes.length < maskAt) return this.#needs(2 + lengthBytes);
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const before = opcode < opcodes.close ? (this.#message?.length ?? 0) : 0;
    if (before + length > this.#longest) return this.#break(TOO_LONG);
    return { final, opcode, length, maskAt };
  }

  /** Whether a frame of a kind may come now. */
  #fits(opcode: number, final: boolean, short: number): boolean {
    if (opcode === opcodes.continuation) return this.#message !== undefined;
    if (opcode === opcodes.text || opcode === opcodes.binary) return this.#message === undefined;
    return opcode >= opcodes.close && opcode <= opcodes.pong && final && short <= LONGEST_CONTROL;
  }

  #data({ final, opcode }: Head, payload: Buffer): void {
    if (opcode !== opcodes.continuation) this.#kind = opcode as MessageKind;
    let message = payload;
    if (!final || this.#message !== undefined) {
      this.#message ??= new Gathering(this.#longest);
      this.#message.add(payload);
      if (!final) return;
      message = this.#message.take();
      this.#message = undefined;
    }
    if (this.#kind === opcodes.text && !isUtf8(message)) this.#break(INVALID_TEXT);
    else this.#listener.message(message);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) return this.#listener.pinged(payload);
    if (opcode === opcodes.pong) return this.#listener.ponged();
    const code = payload.length === 0 ? NO_CODE : payload.length === 1 ? 0 : payload.readUInt16BE();
    const reason = payload.subarray(2);
    if (payload.length > 0 && !mayBeSaid(code)) return this.#break(PROTOCOL_ERROR);
    if (!isUtf8(reason)) return this.#break(INVALID_TEXT);
    this.#end();
    this.#listener.closed(code, reason.toString());
  }

  #needs(length: number): undefined {
    this.#needed = length;
  }

  #break(code: number): undefined {
    this.#end();
    this.#listener.broken(code);
    return undefined;
  }

  #end(): void {
    this.#done = true;
    this.#rest = undefined;
    this.#message = undefined;
  }
}

/** Takes the mask off bytes where they stand. */
function unmask(payload: Buffer, bytes: Buffer, maskAt: number): void {
  const mask = bytes.readUInt32LE(maskAt);
  if (mask === 0) return;
  for (let index = 0; index < payload.length; index++) {
    payload[index] = (payload[index] ?? 0) ^ (mask >>> ((index & 3) << 3));
  }
}

/** Whether a close frame may have a code; the others are for what happens without one. */
function mayBeSaid(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== 1006) ||
    (code >= 3000 && code < 5000)
  );
}
