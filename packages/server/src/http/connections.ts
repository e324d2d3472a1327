import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock, Timer } from '../platform/clock.ts';
import { refuseUnreadable } from './error-answer.ts';
import { WAITS } from './waits.ts';

/** The server below the calls: who is slow to call is refused, and so is what cannot be read. */
export function createConnections(serve: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const http = createServer({ requestTimeout: WAITS.call, headersTimeout: WAITS.headers }, serve);
  http.on('clientError', refuseUnreadable);
  return http;
}

/** Lets in nobody new, and resolves when every call is finished; what is still under way in the end is cut off. */
export async function endConnections(http: Server, clock: Clock, withinMs: number = WAITS.stop): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  const cutting = clock.setTimeout(() => http.closeAllConnections(), withinMs);
  let sweeping: Timer;
  // A connection whose call was under way becomes idle when it is answered.
  const sweep = (): void => {
    http.closeIdleConnections();
    sweeping = clock.setTimeout(sweep, 20);
  };
  sweep();
  await closed.finally(() => {
    cutting.cancel();
    sweeping.cancel();
  });
}
