import { randomBytes } from 'node:crypto';

/** A frame as a client sends it, masked; of a kind that may be wrong. */
export function clientFrame(opcode: number, content: string | Buffer, { final = true } = {}): Buffer {
  const payload = Buffer.from(content);
  const mask = randomBytes(4);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  const head = [(final ? 0x80 : 0) | opcode, 0x80 | (length[0] ?? 0), ...length.slice(1)];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}
