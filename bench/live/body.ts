import type { IncomingMessage } from 'node:http';

/** Hands on the text of a request's body once it is whole. */
export function readBody(request: IncomingMessage, whole: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => whole((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString()));
}
