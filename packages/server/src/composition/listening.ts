import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIVE_PATH } from '@molva/contract';
import { Door } from '../http/door.ts';
import { refuseWhileDraining } from '../http/error-answer.ts';
import { WAITS } from '../http/waits.ts';
import { callerAddress, isAmong } from '../platform/address.ts';
import { systemClock } from '../platform/clock.ts';
import type { Notices } from '../platform/notices.ts';
import { originsOf, type Origins } from '../platform/origins.ts';
import { StartError } from '../platform/start-error.ts';
import type { AppOptions } from './options.ts';

/**
 * Connections that wait to be taken, as far as the system lets them. One that finds no room there is tried again by its
 * caller's system a second later, and whoever opens many at once would do that to everybody.
 */
const MOST_ARRIVING = 65_535;

/** What answers once everything is composed. */
export interface Served {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A port that is taken. Disposing waits for the calls under way. */
export interface Listener extends AsyncDisposable {
  /** The public address. */
  readonly url: string;
  readonly origins: Origins;
  /** The address of whoever calls, as far as proxies are believed. */
  callerOf(request: IncomingMessage): string;
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
export async function openListener(options: AppOptions, notices: Notices): Promise<Listener> {
  const { host, port: asked, publicUrl, allowedOrigins } = options;
  const isProxy = isAmong(options.trustedProxies);
  const stopping = new AbortController();
  const composed = Promise.withResolvers<Served>();
  const door = new Door({
    clock: systemClock,
    notices,
    connectionsPerAddress: options.connectionsPerAddress,
    isProxy,
    speaks: isLive,
    serve: (request, response) => {
      void composed.promise.then((served) =>
        stopping.signal.aborted ? refuseWhileDraining(response) : served.request(request, response),
      );
    },
    upgrade: (request, socket, head) => {
      void composed.promise.then((served) => served.upgrade(request, socket, head));
    },
  });
  await listen(door.port, host, asked, notices);
  let ended: Promise<void> | undefined;
  const { port } = door.port.address() as AddressInfo;
  const url = publicUrl ?? `http://${hostOf(host)}:${port}`;
  return {
    url,
    origins: originsOf(allowedOrigins ?? [], ownOrigins(url, port)),
    callerOf: (request) => callerAddress(request, isProxy),
    stopping: stopping.signal,
    serve: (served) => composed.resolve(served),
    stop() {
      stopping.abort();
      ended = door.end(systemClock, WAITS.stop);
    },
    async [Symbol.asyncDispose]() {
      // A start that failed has never served: whoever waits for it will not be answered.
      ended ??= door.end(systemClock, 0);
      await ended;
    },
  };
}

/** Whether an upgrade is to a socket, at the address of sockets: whatever else is offered is not spoken here. */
function isLive({ url, headers }: IncomingMessage): boolean {
  return url?.split('?', 1)[0] === LIVE_PATH && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/**
 * Listens; throws `StartError` where the port cannot be had. A connection that cannot be taken later is told of, and ends
 * nobody else's.
 * @param names the settings that name the host and the port
 */
export function listen(
  server: Server,
  host: string,
  port: number,
  notices: Pick<Notices, 'tell'>,
  names: { readonly host: string; readonly port: string } = { host: 'MOLVA_HOST', port: 'MOLVA_PORT' },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} on ${host} is taken. Stop what uses it, or set ${names.port} to another port.`,
        EACCES: `Port ${port} needs more rights than this user has. Set ${names.port} to one above 1023.`,
        EADDRNOTAVAIL: `The address ${host} is not one of this machine. Set ${names.host} to one that is.`,
      };
      reject(new StartError(reasons[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`));
    };
    server.once('error', fail);
    server.listen({ port, host, backlog: MOST_ARRIVING }, () => {
      server.off('error', fail);
      server.on('error', ({ code = '' }: NodeJS.ErrnoException) => notices.tell('connection-untaken', { code }));
      resolve();
    });
  });
}

/** An address to listen on as the host of an address to call. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

/** The public address, and where it is this machine's own name under its other spellings too. */
function ownOrigins(url: string, port: number): string[] {
  const { hostname } = new URL(url);
  const local = ['127.0.0.1', 'localhost', '[::1]'];
  return local.includes(hostname) ? [url, ...local.map((name) => `http://${name}:${port}`)] : [url];
}
