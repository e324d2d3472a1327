import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that costs the measuring side as little as it can: bytes in, bytes out. */
export async function openSocket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** A WebSocket that was upgraded and has connected; whatever comes is handed on as it is. */
export async function openLive(
  port: number,
  path: string,
  connectData: unknown,
  localAddress?: string,
): Promise<Socket> {
  const socket = await openSocket(port, localAddress);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  await once(socket, 'data');
  const replied = once(socket, 'data');
  socket.write(maskedFrame(JSON.stringify({ id: 1, connect: { data: connectData } })));
  await replied;
  return socket;
}

/** A client's text frame; clients mask, here with zeros. */
export function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4), payload]);
}

/** How often a text stands in a chunk. */
export function occurrences(chunk: Buffer, text: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + text.length)) count++;
  return count;
}
