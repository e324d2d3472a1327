/** Kinds of frames (RFC 6455 section 5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The kind of a whole message. */
export type MessageKind = typeof opcodes.text | typeof opcodes.binary;

const FINAL = 0x80;
const SHORT = 126;
const LONG = 65_536;

/** Bytes that stand before so many others in a frame of a server, which are not masked. */
export function headLength(length: number): number {
  return length < SHORT ? 2 : length < LONG ? 4 : 10;
}

/** Writes the head of a final frame at the beginning of a buffer. */
export function writeHead(frame: Buffer, opcode: number, length: number): void {
  frame[0] = FINAL | opcode;
  if (length < SHORT) frame[1] = length;
  else if (length < LONG) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}

/** A final frame around bytes. */
export function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const head = headLength(payload.length);
  const frame = Buffer.allocUnsafe(head + payload.length);
  writeHead(frame, opcode, payload.length);
  frame.set(payload, head);
  return frame;
}

const REASON_BYTES = 123;

/** Stands for a close frame without a code, and is never in one. */
export const NO_CODE = 1005;

/** The frame that ends a connection; its reason is cut where it is too long, not in the middle of a character. */
export function closeFrame(code: number, reason: string): Buffer {
  if (code === NO_CODE) return frameOf(opcodes.close, Buffer.alloc(0));
  const payload = Buffer.allocUnsafe(2 + REASON_BYTES);
  payload.writeUInt16BE(code);
  return frameOf(opcodes.close, payload.subarray(0, 2 + payload.write(reason, 2)));
}
