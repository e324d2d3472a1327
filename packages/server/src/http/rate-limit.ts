import { operations } from '@molva/contract';
import { subscriberOf } from '../platform/address.ts';
import type { Clock } from '../platform/clock.ts';
import { RateCounter } from '../platform/rate-counter.ts';
import type { Answer, Caller } from '../platform/route.ts';

/** How much callers may ask for, in calls a minute; 0 sets no limit. */
export interface Limits {
  /** Calls of one user, or of one API key. */
  readonly user: number;
  /** Calls without a user of one address. */
  readonly open: number;
  /** Sessions begun without a user from one address. */
  readonly starts: number;
}

const startOperations = new Set<string>([operations.startSession.id, operations.continueSession.id]);

/** Whether an operation may begin a session. */
export function mayStart(operationId: string): boolean {
  return startOperations.has(operationId);
}

/** Keeps one caller from taking what belongs to all: counts in windows of a minute, in this process. */
export class RateLimits {
  readonly #user: RateCounter;
  readonly #open: RateCounter;
  readonly #starts: RateCounter;

  constructor(limits: Limits, clock: Clock) {
    this.#user = new RateCounter(limits.user, clock);
    this.#open = new RateCounter(limits.open, clock);
    this.#starts = new RateCounter(limits.starts, clock);
  }

  /** Counts a call for its user or key, or for the address where it has neither; throws `too-many-requests`. */
  count({ user, address }: Pick<Caller, 'user' | 'address'>): void {
    if (user === null) this.#open.take(subscriberOf(address));
    else this.#user.take(user.apiKeyId ?? String(user.id));
  }

  /** Serves a call that may begin a session: it counts for its address where it did, and had no user. */
  async start({ user, address }: Pick<Caller, 'user' | 'address'>, serve: () => Promise<Answer>): Promise<Answer> {
    if (user !== null) return serve();
    const key = subscriberOf(address);
    // Counted first, so that calls at the same time cannot all pass.
    const window = this.#starts.take(key);
    let begun = false;
    try {
      const answer = await serve();
      begun = answer.status === 201;
      return answer;
    } finally {
      if (!begun) this.#starts.giveBack(key, window);
    }
  }
}
