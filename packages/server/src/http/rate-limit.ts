import { operations } from '@molva/contract';
import { subscriberOf } from '../platform/address.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
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

const WINDOW_MS = 60_000;
/** Callers of one minute that are told apart; what is counted beyond them begins anew. */
const MOST_CALLERS = 100_000;

/** Counts by key within the current minute. */
class Counter {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #window = 0;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts one; answers the window it counts in. Throws `too-many-requests` where the limit is reached. */
  take(key: string): number {
    const now = this.#clock.now();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window || this.#counts.size >= MOST_CALLERS) {
      this.#counts.clear();
      this.#window = window;
    }
    const count = this.#counts.get(key) ?? 0;
    if (this.#limit > 0 && count >= this.#limit) {
      const seconds = Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - now) / 1000));
      throw new Failure('too-many-requests', null, { 'retry-after': String(seconds) });
    }
    if (this.#limit > 0) this.#counts.set(key, count + 1);
    return window;
  }

  /** Takes one back that turned out not to count. */
  giveBack(key: string, window: number): void {
    const count = this.#counts.get(key) ?? 0;
    if (window === this.#window && count > 0) this.#counts.set(key, count - 1);
  }
}

const startOperations = new Set<string>([operations.startSession.id, operations.continueSession.id]);

/** Whether an operation may begin a session. */
export function mayStart(operationId: string): boolean {
  return startOperations.has(operationId);
}

/** Keeps one caller from taking what belongs to all: counts in windows of a minute, in this process. */
export class RateLimits {
  readonly #user: Counter;
  readonly #open: Counter;
  readonly #starts: Counter;

  constructor(limits: Limits, clock: Clock) {
    this.#user = new Counter(limits.user, clock);
    this.#open = new Counter(limits.open, clock);
    this.#starts = new Counter(limits.starts, clock);
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
