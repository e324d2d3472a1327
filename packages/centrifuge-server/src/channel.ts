import type { Connection } from './connection.ts';
import { Push } from './encoding.ts';
import type { StreamPublication, StreamSource } from './types.ts';

/** One connection's place in a channel. */
export interface Subscription {
  readonly connection: Connection;
  readonly audiences: readonly string[];
  /** Publications up to this offset are not for it: its reply brings them, or it never asked. */
  from: number;
  /** Live publications that wait for the reply to leave first; null once it has. */
  waiting: Push[] | null;
}

const FILL_LIMIT = 300;

/**
 * A channel with subscribers here. Publications leave in the order of their offsets, whichever order they come in:
 * what arrives early waits for what is missing, which is read from the stream if it does not come by itself.
 */
export class Channel {
  readonly name: string;
  readonly subscriptions = new Set<Subscription>();
  readonly #source: StreamSource;
  readonly #onLost: (channel: Channel, error: unknown) => void;
  readonly #early = new Map<number, StreamPublication>();
  /** Offset of the last publication that left; undefined until the stream's position is known. */
  #last: number | undefined;
  #epoch = '';
  #filling = false;

  constructor(name: string, source: StreamSource, onLost: (channel: Channel, error: unknown) => void) {
    this.name = name;
    this.#source = source;
    this.#onLost = onLost;
  }

  /** Tells where the stream stood when somebody read it. The first such word starts the delivery. */
  locate(offset: number, epoch: string): void {
    this.#epoch = epoch;
    if (this.#last !== undefined) return;
    this.#last = offset;
    for (const early of this.#early.keys()) if (early <= offset) this.#early.delete(early);
    this.#drain();
  }

  /** Delivers a publication in its turn; one that has left already is dropped. */
  publish(publication: StreamPublication): void {
    if (this.#last !== undefined && publication.offset <= this.#last) return;
    this.#early.set(publication.offset, publication);
    this.#drain();
  }

  /** Delivers something that leaves no trace: no offset, no history. */
  publishPassing(data: string): void {
    const push = new Push(this.name, data, 0, undefined, undefined);
    for (const subscription of this.subscriptions) {
      if (subscription.waiting === null) subscription.connection.push(push);
    }
  }

  #drain(): void {
    if (this.#last === undefined) return;
    for (;;) {
      const next = this.#early.get(this.#last + 1);
      if (next === undefined) break;
      this.#early.delete(next.offset);
      this.#last = next.offset;
      this.#deliver(next);
    }
    if (this.#early.size > 0 && !this.#filling) void this.#fill();
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      for (const missed of await this.#source.read(this.name, this.#last ?? 0, FILL_LIMIT)) {
        if (missed.offset > (this.#last ?? 0)) this.#early.set(missed.offset, missed);
      }
      if (!this.#early.has((this.#last ?? 0) + 1)) throw new Error(`the stream of ${this.name} has a hole`);
      this.#filling = false;
      this.#drain();
    } catch (error) {
      this.#filling = false;
      this.#onLost(this, error);
    }
  }

  #deliver({ offset, data, audience }: StreamPublication): void {
    const push = new Push(this.name, data, offset, audience, offset === 1 ? this.#epoch : undefined);
    for (const subscription of this.subscriptions) {
      if (offset <= subscription.from || !hears(subscription.audiences, audience)) continue;
      if (subscription.waiting === null) subscription.connection.push(push);
      else subscription.waiting.push(push);
    }
  }
}

/** Whether a publication for an audience is for a subscription that lists some. */
export function hears(audiences: readonly string[], audience: string | undefined): boolean {
  return audience === undefined || audiences.includes(audience);
}
