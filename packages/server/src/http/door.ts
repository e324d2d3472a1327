import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BlockList, createServer as createPort, type Server as Port, type Socket, type SocketAddress } from 'node:net';
import type { Duplex } from 'node:stream';
import { subscriberOf } from '../platform/address.ts';
import type { Clock } from '../platform/clock.ts';
import type { Notices } from '../platform/notices.ts';
import { unreadableAnswer } from './error-answer.ts';
import { Pace } from './pace.ts';
import { passOverRest } from './receive.ts';
import { WAITS } from './waits.ts';

/** What stands behind the door. */
export interface DoorOptions {
  readonly clock: Clock;
  readonly notices: Notices;
  /** Connections one address may have; 0 for no limit, and none of how fast they come. */
  readonly connectionsPerAddress: number;
  /** Whether an address is a proxy's, which has the connections of all its visitors. */
  readonly isProxy: (address: string) => boolean;
  /** Whether an upgrade is one that is spoken here. Any other is ignored, as HTTP says, and its call answered. */
  readonly speaks: (request: IncomingMessage) => boolean;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** For the headers of a call, and how often those that are late are looked for. */
  readonly waits?: { readonly headers: number; readonly look: number };
}

/** A connection that stands. */
interface Guest {
  readonly from: string;
  /** Calls that are not answered to their end. */
  readonly calls: Set<ServerResponse>;
  upgraded: boolean;
}

const nothing = (): void => undefined;

/**
 * Every connection from its first moment to its last: none is without somebody who hears its errors, who is slow to call
 * is sent away, and none outlives the end, whatever it is at.
 */
export class Door {
  /** What listens. */
  readonly port: Port;
  readonly #http: Server;
  readonly #pace: Pace;
  readonly #options: DoorOptions;
  readonly #guests = new Map<Duplex, Guest>();
  readonly #counts = new Map<string, number>();
  #stopping = false;
  #ended: (() => void) | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock);
    const { headers, look } = options.waits ?? WAITS;
    this.#http = createServer(
      {
        requestTimeout: WAITS.call,
        headersTimeout: headers,
        keepAliveTimeout: WAITS.idle,
        connectionsCheckingInterval: look,
        shouldUpgradeCallback: options.speaks,
      },
      (request, response) => this.#call(request, response),
    );
    const refuse = (address: string): boolean => this.#refuses(address);
    this.port = createPort(
      // Nobody is read before its turn.
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true, blockList: new Refusing(refuse) },
      (socket) => this.#enter(socket),
    );
    // It listens to nothing itself, and looks for callers that are late from then on.
    this.port.once('listening', () => this.#http.emit('listening'));
    this.#http.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#unreadable(error, socket));
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const guest = this.#guests.get(socket);
      if (guest !== undefined) guest.upgraded = true;
      options.upgrade(request, socket, head);
    });
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#guests.size;
  }

  /** Lets in nobody new, sends away who is at nothing, and the others when they are answered. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.port.close();
    for (const [socket, { calls, upgraded }] of this.#guests) {
      // A call that has not come in full headers is none yet.
      if (calls.size === 0 && !upgraded) socket.destroy();
      for (const response of calls) closeAfter(response);
    }
  }

  /** Stops, and resolves when nobody is left; who is still there in the end is cut off. */
  async end(clock: Clock, withinMs: number): Promise<void> {
    this.stop();
    if (this.#guests.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = resolve;
    const cutting = clock.setTimeout(() => {
      for (const socket of this.#guests.keys()) socket.destroy();
    }, withinMs);
    await promise.finally(() => cutting.cancel());
  }

  #enter(socket: Socket): void {
    // Whoever takes the socket over later may not listen at once, and a reset that nobody hears ends the process.
    socket.on('error', nothing);
    const { connectionsPerAddress: most, isProxy } = this.#options;
    const address = socket.remoteAddress;
    // Reset before it was taken: it has no address any more.
    if (address === undefined || this.#stopping) {
      socket.destroy();
      return;
    }
    const from = subscriberOf(address);
    this.#counts.set(from, (this.#counts.get(from) ?? 0) + 1);
    this.#guests.set(socket, { from, calls: new Set(), upgraded: false });
    socket.once('close', () => this.#leave(socket, from));
    const enter = (): void => {
      this.#http.emit('connection', socket);
      socket.resume();
    };
    if (most === 0 || isProxy(address)) enter();
    else this.#pace.take(from, socket, enter);
  }

  /** Whether a connection is one too many. */
  #refuses(address: string): boolean {
    const { connectionsPerAddress: most, isProxy, notices } = this.#options;
    const from = subscriberOf(address);
    const tooMany = most > 0 && ((this.#counts.get(from) ?? 0) >= most || this.#pace.isFull(from));
    if (!tooMany || isProxy(address)) return false;
    notices.tell('connection-refused', { address: from });
    return true;
  }

  #leave(socket: Socket, from: string): void {
    this.#guests.delete(socket);
    const count = (this.#counts.get(from) ?? 1) - 1;
    if (count === 0) this.#counts.delete(from);
    else this.#counts.set(from, count);
    if (this.#stopping && this.#guests.size === 0) this.#ended?.();
  }

  #call(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const calls = this.#guests.get(socket)?.calls;
    calls?.add(response);
    response.once('close', () => {
      calls?.delete(response);
      if (this.#stopping && calls?.size === 0) this.#part(socket);
    });
    if (this.#stopping) closeAfter(response);
    passOverRest(request, response, this.#options.clock);
    this.#options.serve(request, response);
  }

  /** Answers what cannot be read as a call at all. */
  #unreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
    const { notices } = this.#options;
    const { bytesRead = 0, remoteAddress = '' } = socket as Partial<Socket>;
    const gone = error.code === 'ECONNRESET' || error.code === 'EPIPE' || socket.destroyed;
    // It is on its way out, and goes on talking.
    if (socket.writableEnded && !gone) return;
    // Who never said a word may be a balancer's spare connection, and would take this for the answer of its first call.
    if (gone || bytesRead === 0) {
      socket.destroy();
      return;
    }
    const notice = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'sender-cut' : 'call-unreadable';
    notices.tell(notice, { address: subscriberOf(remoteAddress) });
    this.#part(socket, unreadableAnswer(error));
  }

  /** Sends somebody away, who has a moment to read why. */
  #part(socket: Duplex, words = ''): void {
    if (socket.destroyed) return;
    socket.end(words);
    socket.resume();
    const timer = this.#options.clock.setTimeout(() => socket.destroy(), WAITS.parting);
    socket.once('close', () => timer.cancel());
  }
}

/** Lets the platform close what is refused before it makes anything of it: that costs a part of what a connection costs. */
class Refusing extends BlockList {
  readonly #refuses: (address: string) => boolean;

  constructor(refuses: (address: string) => boolean) {
    super();
    this.#refuses = refuses;
  }

  override check(address: string | SocketAddress): boolean {
    return this.#refuses(typeof address === 'string' ? address : address.address);
  }
}

/** Makes an answer the last of its connection, where that can still be said. */
function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
