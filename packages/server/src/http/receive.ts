import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamedBody } from '@molva/contract';
import { subscriberOf } from '../platform/address.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { LARGE_BYTES, type OpenBodies, type OpenBody } from './open-bodies.ts';
import { WAITS } from './waits.ts';

const EMPTY = Buffer.alloc(0);
const nothing = (): void => undefined;
/** The caller learns that its connection is of no more use. */
const late = (): Failure => new Failure('request-late', null, { connection: 'close' });

/** Refuses a body that is larger by its own word, before any of it is read. */
export function refuseDeclared(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new Failure('body-too-large');
}

/** Refuses a body of another type than the operation consumes; bytes need not be called so. */
export function refuseType(request: IncomingMessage, { type }: StreamedBody): void {
  const given = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (given === type || (given === undefined && type === 'application/octet-stream')) return;
  throw new Failure('media-type-unsupported');
}

/** What reads whole bodies: how many bytes one may have, for how long, and where all of them count. */
export interface Reading {
  readonly limit: number;
  readonly clock: Clock;
  readonly bodies: OpenBodies;
  readonly addressOf: (request: IncomingMessage) => string;
}

/** Reads a whole body as text, within a time for all of it. */
export function textOf(request: IncomingMessage, { limit, clock, bodies, addressOf }: Reading): Promise<string> {
  refuseDeclared(request, limit);
  const declared = Number(request.headers['content-length']);
  return new Promise((resolve, reject) => {
    const bytes = new Gathered(declared > 0 ? declared : limit);
    let settled = false;
    let body: OpenBody | undefined;
    // Whoever ends comes once; what comes after is nobody's, and its listeners go with the request.
    const settle = (failure?: Failure): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      if (body !== undefined && failure === undefined) bodies.whole(body, request);
      else if (body !== undefined) bodies.close(body);
      if (failure !== undefined) reject(failure);
      else resolve(bytes.text());
      bytes.forget();
    };
    const timer = clock.setTimeout(() => settle(late()), WAITS.json);
    request.on('data', (chunk: Buffer) => {
      if (settled) return;
      if (bytes.length + chunk.length > limit) return settle(new Failure('body-too-large'));
      bytes.add(chunk);
      // Most bodies are short and come at once: nobody has to count them.
      if (bytes.length === declared && bytes.length < LARGE_BYTES && body === undefined) return;
      body ??= bodies.open(subscriberOf(addressOf(request)), (failure) => {
        settle(new Failure(failure.code, null, { ...failure.headers, connection: 'close' }));
      });
      bodies.takes(body, bytes.held);
    });
    request.on('end', () => settle());
    // A connection that breaks closes its request, with or without an error that somebody hears.
    request.on('close', () => {
      if (!settled) settle(new Failure('body-incomplete'));
    });
  });
}

/** The pieces of a body as one: pieces of a byte each would take a hundred times as much as they say. */
class Gathered {
  readonly #most: number;
  #bytes: Buffer = EMPTY;
  length = 0;

  /** @param most bytes there will be at most */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that are kept for it. */
  get held(): number {
    return this.#bytes.length;
  }

  add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (this.length === 0) this.#bytes = chunk;
    else {
      if (length > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(length, Math.min(2 * length, this.#most)));
        this.#bytes.copy(larger, 0, 0, this.length);
        this.#bytes = larger;
      }
      chunk.copy(this.#bytes, this.length);
    }
    this.length = length;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.length);
  }

  forget(): void {
    this.#bytes = EMPTY;
  }
}

/** The bytes of a body, read from the connection as they are asked for: what nobody asks for waits at the caller's. */
export async function* bytesOf(
  request: IncomingMessage,
  limit: number,
  clock: Clock,
): AsyncGenerator<Uint8Array, void> {
  const chunks = request.iterator({ destroyOnReturn: false });
  let length = 0;
  try {
    for (;;) {
      const { done, value } = (await inTime(chunks.next(), clock)) as IteratorResult<Buffer>;
      if (done === true) return;
      length += value.length;
      if (length > limit) throw new Failure('body-too-large');
      yield value;
    }
  } finally {
    // It may be waiting for bytes itself, and returns when they come.
    void chunks.return?.().catch(nothing);
  }
}

async function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  let timer: Timer | undefined;
  const cut = work.catch(() => {
    throw new Failure('body-incomplete');
  });
  const out = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimeout(() => reject(late()), WAITS.body);
  });
  return Promise.race([cut, out]).finally(() => timer?.cancel());
}

/**
 * Throws away what still comes of a body after the answer: whoever sends it reads its answer, and may call again over the
 * same connection. A connection that goes on sending is ended.
 */
export function passOverRest(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  response.once('finish', () => {
    if (request.complete && request.readableEnded) return;
    // A reader that has not let go yet would hold it back.
    request.removeAllListeners('readable').resume();
    if (request.complete) return;
    const timer = clock.setTimeout(() => {
      // A body that is thrown away may come to its end without a word.
      if (!request.complete) request.socket.destroy();
    }, WAITS.rest);
    request.once('close', () => timer.cancel());
  });
}
