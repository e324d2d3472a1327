import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that costs the measuring side as little as it can: bytes in, bytes out; from a port of its own where one is named. */
export async function openSocket(port: number, localAddress = '127.0.0.1', localPort?: number): Promise<Socket> {
  const own = localPort === undefined ? {} : { localPort };
  const socket = connect({ port, host: '127.0.0.1', localAddress, ...own, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** The request that opens a WebSocket; headers beside its own end in a line break each. */
export function upgradeRequest(path: string, headers = ''): string {
  const key = randomBytes(16).toString('base64');
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${headers}\r\n`;
}

/** A call with a JSON body as its bytes; headers beside its own end in a line break each. */
export function callRequest(method: string, path: string, body: string, headers = ''): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Makes one call on a connection of its own and reads all of its answer, head and body; gives up after a time. */
export async function callOnce(port: number, from: string, request: string, patienceMs: number): Promise<string> {
  const socket = await openSocket(port, from);
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
  socket.write(request.replace('\r\n', '\r\nConnection: close\r\n'));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** A WebSocket that was upgraded and has connected; whatever comes is handed on as it is. */
export async function openLive(
  port: number,
  path: string,
  connectData: unknown,
  localAddress?: string,
): Promise<Socket> {
  return (await connectLive(port, path, { data: connectData }, localAddress)).socket;
}

/** The same, with all of the connect command and the reply to it. */
export async function connectLive(
  port: number,
  path: string,
  connectCommand: object,
  localAddress?: string,
): Promise<{ socket: Socket; reply: Buffer }> {
  const socket = await openSocket(port, localAddress);
  socket.write(upgradeRequest(path));
  await once(socket, 'data');
  const replied = once(socket, 'data');
  socket.write(maskedFrame(JSON.stringify({ id: 1, connect: connectCommand })));
  const [reply] = (await replied) as [Buffer];
  return { socket, reply };
}

/** Opens many sockets, a hundred at a time. */
export async function openMany(count: number, open: (index: number) => Promise<Socket>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let from = 0; from < count; from += 100) {
    const batch = Array.from({ length: Math.min(100, count - from) }, (_, index) => open(from + index));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
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
