import type { Push } from './encoding.ts';
import { limits } from './limits.ts';
import { disconnects, type Disconnect } from './protocol/codes.ts';

/** Who subscribes, as channels know it. */
export interface Subscriber {
  readonly id: string;
  readonly user: string;
  /** What it is subscribed to, by channel. */
  readonly subscriptions: Map<string, Subscription>;
  push(push: Push): void;
  end(disconnect: Disconnect): void;
}

/** One subscriber's place in a channel. */
export class Subscription {
  readonly subscriber: Subscriber;
  readonly audiences: readonly string[];
  /** Publications up to this offset are not for it: its reply brings them, or it never asked. */
  from = 0;
  /** Publications that wait until the client knows of the subscription; null once it does. */
  #waiting: Push[] | null = [];
  #waitingLength = 0;

  constructor(subscriber: Subscriber, audiences: readonly string[]) {
    this.subscriber = subscriber;
    this.audiences = audiences;
  }

  /** Whether the client was told of it. */
  get isTold(): boolean {
    return this.#waiting === null;
  }

  /** Takes a publication of the stream. */
  offer(push: Push): void {
    if (push.offset <= this.from || !hears(this.audiences, push.audience)) return;
    if (this.#waiting === null) return this.subscriber.push(push);
    this.#waiting.push(push);
    this.#waitingLength += push.data.length;
    if (this.#waitingLength > limits.queueBytes) this.subscriber.end(disconnects.slow);
  }

  /** Takes a publication that has no place in the stream; it does not wait. */
  offerPassing(push: Push): void {
    if (this.#waiting === null && hears(this.audiences, push.audience)) this.subscriber.push(push);
  }

  /** What tells the client of the subscription is queued: what waited for it may follow. */
  told(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const push of waiting) if (push.offset > this.from) this.subscriber.push(push);
  }
}

/** Whether a publication for an audience is for a subscription that lists some. */
export function hears(audiences: readonly string[], audience: string | undefined): boolean {
  return audience === undefined || audiences.includes(audience);
}
