import { Push } from './encoding.ts';
import type { SharedSource } from './shared-source.ts';
import type { Subscription } from './subscription.ts';
import type { PresentClient, StreamPosition, StreamPublication } from './types.ts';

const FILL_LIMIT = 300;
/** Publications that are kept for their turn; what comes beyond them is read from the stream again. */
const EARLY_LIMIT = 64;

/**
 * A channel with subscribers here. Publications leave in the order of their offsets, whichever order they come in:
 * what arrives early waits for what is missing, which is read from the stream if it does not come by itself.
 */
export class Channel {
  readonly name: string;
  readonly subscriptions = new Set<Subscription>();
  readonly #source: SharedSource;
  readonly #onLost: (channel: Channel, error: unknown) => void;
  /** Made when it is needed: most channels are quiet, and there are many. */
  #early: Map<number, StreamPublication> | undefined;
  /** Offset of the last publication that left; undefined until the stream's position is known. */
  #last: number | undefined;
  /** The highest offset that somebody told of. */
  #known = 0;
  #epoch: string | undefined;
  #filling = false;

  constructor(name: string, source: SharedSource, onLost: (channel: Channel, error: unknown) => void) {
    this.name = name;
    this.#source = source;
    this.#onLost = onLost;
  }

  /** Where delivery stands; undefined until the stream's position is known. */
  get position(): StreamPosition | undefined {
    if (this.#last === undefined || this.#epoch === undefined) return undefined;
    return { offset: this.#last, epoch: this.#epoch };
  }

  /** The clients that know of their subscription. */
  present(): PresentClient[] {
    const told = [...this.subscriptions].filter(({ isTold }) => isTold);
    return told.map(({ subscriber: { id, user } }) => ({ client: id, user }));
  }

  /** Tells where the stream stood when somebody read it. The first such word starts the delivery. */
  locate({ offset, epoch }: StreamPosition): void {
    if (!this.#follows(epoch) || this.#last !== undefined) return;
    this.#last = offset;
    for (const early of this.#early?.keys() ?? []) if (early <= offset) this.#early?.delete(early);
    this.#drain();
  }

  /** Delivers a publication in its turn; one that has left already is dropped. */
  publish(publication: StreamPublication, epoch: string | undefined): void {
    if (epoch !== undefined && !this.#follows(epoch)) return;
    const { offset } = publication;
    if (this.#last !== undefined && offset <= this.#last) return;
    if (offset === (this.#last ?? Number.NaN) + 1) this.#deliver(publication);
    else if ((this.#early?.size ?? 0) < EARLY_LIMIT || offset === 1) this.#keep(publication);
    this.wake(offset);
  }

  /** Tells that the stream reaches an offset: what is missing up to there is read and delivered. */
  wake(offset: number): void {
    this.#known = Math.max(this.#known, offset);
    this.#drain();
  }

  /** Delivers something that leaves no trace: no offset, no history. */
  publishPassing(data: string, audience: string | undefined): void {
    const push = new Push(this.name, data, 0, audience, undefined);
    for (const subscription of this.subscriptions) subscription.offerPassing(push);
  }

  /** Whether an epoch is of the stream that is followed; where it began anew, subscribers have to recover. */
  #follows(epoch: string): boolean {
    this.#epoch ??= epoch;
    if (this.#epoch === epoch) return true;
    this.#onLost(this, new Error(`the stream of ${this.name} began anew`));
    return false;
  }

  #keep(publication: StreamPublication): void {
    this.#early ??= new Map();
    this.#early.set(publication.offset, publication);
  }

  #drain(): void {
    if (this.#last === undefined) return;
    for (;;) {
      const next = this.#early?.get(this.#last + 1);
      if (next === undefined) break;
      this.#early?.delete(next.offset);
      this.#deliver(next);
    }
    if (this.#last < this.#known && !this.#filling) void this.#fill(this.#last);
  }

  async #fill(since: number): Promise<void> {
    this.#filling = true;
    try {
      for (const missed of await this.#source.read(this.name, since, FILL_LIMIT)) {
        if (missed.offset > (this.#last ?? 0)) this.#keep(missed);
      }
      // What was missing may have come by itself meanwhile.
      const stuck = this.#last === since && this.#early?.has(since + 1) !== true;
      if (stuck) throw new Error(`the stream of ${this.name} has a hole`);
    } catch (error) {
      this.#onLost(this, error);
      return;
    } finally {
      this.#filling = false;
    }
    this.#drain();
  }

  #deliver({ offset, data, audience }: StreamPublication): void {
    this.#last = offset;
    const push = new Push(this.name, data, offset, audience, offset === 1 ? this.#epoch : undefined);
    for (const subscription of this.subscriptions) subscription.offer(push);
  }
}
