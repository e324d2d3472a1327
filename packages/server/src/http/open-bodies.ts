import type { IncomingMessage } from 'node:http';
import { type Failure, noRoom, tooManyRequests } from '../platform/failure.ts';
import type { Notices } from '../platform/notices.ts';

/** Bytes of all bodies under way, and of those of one address. */
const MOST_BYTES = 64 * 1024 * 1024;
const OF_ADDRESS = 16 * 1024 * 1024;
/** What is shorter counts while it comes in alone: calls that are served are bounded by their number. */
export const LARGE_BYTES = 16 * 1024;

/** The bodies of one address. */
interface Address {
  bytes: number;
  /** Of bodies whose calls are being served. */
  served: number;
  /** The oldest first. */
  readonly reading: Set<OpenBody>;
}

/** A body that counts. */
export interface OpenBody {
  readonly address: string;
  /** Ends its reading with a failure. */
  readonly refuse: (failure: Failure) => void;
  bytes: number;
}

/**
 * The bodies that callers are sending, and large ones until their call is answered: they are bounded in bytes, of one
 * address and of all. What is too much is refused, the oldest that is still coming in first: who holds room on purpose
 * holds it longest.
 */
export class OpenBodies {
  readonly #notices: Pick<Notices, 'tell'>;
  readonly #addresses = new Map<string, Address>();
  /** The oldest first. */
  readonly #reading = new Set<OpenBody>();
  readonly #served = new Map<IncomingMessage, OpenBody>();
  readonly #all = { bytes: 0, served: 0 };

  constructor(notices: Pick<Notices, 'tell'>) {
    this.#notices = notices;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#all.bytes;
  }

  /** Counts a body from now on. */
  open(address: string, refuse: (failure: Failure) => void): OpenBody {
    const body: OpenBody = { address, refuse, bytes: 0 };
    let known = this.#addresses.get(address);
    if (known === undefined) this.#addresses.set(address, (known = { bytes: 0, served: 0, reading: new Set() }));
    known.reading.add(body);
    this.#reading.add(body);
    return body;
  }

  /** Says how much a body takes now; it may be refused by that itself. */
  takes(body: OpenBody, bytes: number): void {
    const known = this.#addresses.get(body.address);
    if (known === undefined || !known.reading.has(body)) return;
    this.#all.bytes += bytes - body.bytes;
    known.bytes += bytes - body.bytes;
    body.bytes = bytes;
    this.#within(OF_ADDRESS, known, known.reading, () => tooManyRequests(2));
    this.#within(MOST_BYTES, this.#all, this.#reading, noRoom);
  }

  /** A body has come in whole: a large one counts until its call is answered. */
  whole(body: OpenBody, request: IncomingMessage): void {
    this.#reading.delete(body);
    this.#addresses.get(body.address)?.reading.delete(body);
    if (body.bytes < LARGE_BYTES) return this.close(body);
    this.#served.set(request, body);
    this.#counts(body, body.bytes);
  }

  /** A call is answered: nobody needs its body any more. */
  answered(request: IncomingMessage): void {
    if (this.#served.size === 0) return;
    const body = this.#served.get(request);
    if (body === undefined) return;
    this.#served.delete(request);
    this.#counts(body, -body.bytes);
    this.close(body);
  }

  /** A body is of no more use. */
  close(body: OpenBody): void {
    const known = this.#addresses.get(body.address);
    this.#reading.delete(body);
    known?.reading.delete(body);
    this.#all.bytes -= body.bytes;
    if (known !== undefined) known.bytes -= body.bytes;
    body.bytes = 0;
    if (known?.bytes === 0 && known.reading.size === 0) this.#addresses.delete(body.address);
  }

  /** Counts bytes that nobody can be refused for: their call is under way. */
  #counts({ address }: OpenBody, bytes: number): void {
    this.#all.served += bytes;
    const known = this.#addresses.get(address);
    if (known !== undefined) known.served += bytes;
  }

  #within(
    most: number,
    held: { readonly bytes: number; readonly served: number },
    reading: ReadonlySet<OpenBody>,
    failure: () => Failure,
  ): void {
    for (const oldest of reading) {
      if (held.bytes <= most) return;
      // To send small ones away makes no room where those that are served take it all.
      if (oldest.bytes < LARGE_BYTES && held.bytes - held.served <= most) continue;
      this.#notices.tell('body-refused', { address: oldest.address, bytes: oldest.bytes });
      this.close(oldest);
      oldest.refuse(failure());
    }
  }
}
