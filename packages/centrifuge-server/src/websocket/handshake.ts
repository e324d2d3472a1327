import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const ACCEPTED = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const VERSION = '13';

/** Why a request cannot become a WebSocket, as the rest of a status line and its headers; undefined where it can. */
export function upgradeFault({ method, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET') return '405 Method Not Allowed\r\nAllow: GET';
  if (headers.upgrade?.toLowerCase() !== 'websocket') return '400 Bad Request';
  if (headers['sec-websocket-version'] !== VERSION) return `426 Upgrade Required\r\nSec-WebSocket-Version: ${VERSION}`;
  return /^[+/\dA-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') ? undefined : '400 Bad Request';
}

/** The first of the subprotocols that are spoken here which the client offers; a blank header offers none. */
export function chooseProtocol({ headers }: IncomingMessage, spoken: readonly string[]): string | undefined {
  const header = headers['sec-websocket-protocol'];
  if (header === undefined) return undefined;
  const offered = header.split(',').map((name) => name.trim());
  return spoken.find((name) => offered.includes(name));
}

/** The answer after which both sides speak WebSocket (RFC 6455 section 4.2.2). */
export function upgradeAnswer({ headers }: IncomingMessage, protocol: string | undefined): string {
  const accept = hash('sha1', `${headers['sec-websocket-key']}${ACCEPTED}`, 'base64');
  const chosen = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`;
}
