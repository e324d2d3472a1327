import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createConnections, endConnections } from '../http/connections.ts';
import { refuseWhileDraining } from '../http/error-answer.ts';
import { systemClock } from '../platform/clock.ts';
import { StartError } from '../platform/start-error.ts';
import type { AppOptions } from './options.ts';

/** What answers once everything is composed. */
export interface Served {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A port that is taken. Disposing waits for the calls under way. */
export interface Listener extends AsyncDisposable {
  /** The public address. */
  readonly url: string;
  readonly allowedOrigins: readonly string[];
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
  /** Lets callers in, first those who were early. */
  serve(served: Served): void;
  /** Lets nobody new in; who still calls over an open connection is told. */
  stop(): void;
}

/**
 * Takes the port. The address is needed to compose (links, origins) and known only then: whoever calls before everything
 * is composed waits for it. Throws `StartError` where the port cannot be had.
 */
export async function openListener({ host, port: asked, publicUrl, allowedOrigins }: AppOptions): Promise<Listener> {
  const stopping = new AbortController();
  const composed = Promise.withResolvers<Served>();
  const http = createConnections((request, response) => {
    void composed.promise.then((served) =>
      stopping.signal.aborted ? refuseWhileDraining(response) : served.request(request, response),
    );
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void composed.promise.then((served) => served.upgrade(request, socket, head));
  });
  await listen(http, host, asked);
  let ended: Promise<void> | undefined;
  const { port } = http.address() as AddressInfo;
  const url = publicUrl ?? `http://${hostOf(host)}:${port}`;
  return {
    url,
    allowedOrigins: allowedOrigins ?? originsOf(url, port),
    stopping: stopping.signal,
    serve: (served) => composed.resolve(served),
    stop() {
      stopping.abort();
      ended = endConnections(http, systemClock);
    },
    async [Symbol.asyncDispose]() {
      // A start that failed has never served: whoever waits for it will not be answered.
      ended ??= endConnections(http, systemClock, 0);
      await ended;
    },
  };
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} on ${host} is taken. Stop what uses it, or set MOLVA_PORT to another port.`,
        EACCES: `Port ${port} needs more rights than this user has. Set MOLVA_PORT to one above 1023.`,
        EADDRNOTAVAIL: `The address ${host} is not one of this machine. Set MOLVA_HOST to one that is.`,
      };
      reject(new StartError(reasons[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`));
    });
    http.listen(port, host, () => resolve());
  });
}

/** An address to listen on as the host of an address to call. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

/** The public address, and where it is this machine's own name under its other spellings too. */
function originsOf(url: string, port: number): string[] {
  const { hostname } = new URL(url);
  const local = ['127.0.0.1', 'localhost', '[::1]'];
  return local.includes(hostname) ? [url, ...local.map((name) => `http://${name}:${port}`)] : [url];
}
