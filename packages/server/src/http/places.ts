import { isList, operations, type Operation } from '@molva/contract';
import type { Clock } from '../platform/clock.ts';
import { databaseError } from '../platform/database.ts';
import { Failure, tooManyRequests } from '../platform/failure.ts';
import type { Caller } from '../platform/route.ts';

/** Lists that one user, and the users of one company together, have read at a time. */
const AT_ONCE = { user: 1, company: 3 };
/** Lists that wait behind them, and how long. */
const MOST_WAITING = 16;
const LONGEST_WAIT_MS = 10_000;
/** The condition of a statement that took too long. */
const CANCELLED = '57014';

/** What a session shows while somebody talks in it is no list that may wait. */
const interactive = new Set<string>([operations.listMessages.id]);

/** Places of one key. */
class Gate {
  running = 0;
  readonly waiting = new Set<() => void>();
}

/**
 * Gives those who read lists a place, a few at a time for each user and each company: what one asks for keeps nobody else
 * waiting. A few wait for their turn, a moment; whoever comes beyond them is refused.
 */
export class Places {
  readonly #clock: Clock;
  readonly #gates = new Map<string, Gate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does the work of a call, where that is a list in its turn. Throws `too-many-requests`, or `list-late` where it takes too long. */
  serve<T>(operation: Operation, { user }: Pick<Caller, 'user'>, work: () => Promise<T>): Promise<T> {
    if (user === null || !isList(operation) || interactive.has(operation.id)) return work();
    return this.#inTurn(user, work);
  }

  async #inTurn<T>(user: NonNullable<Caller['user']>, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#within(`user ${user.id}`, AT_ONCE.user, () =>
        this.#within(`company ${user.companyId}`, AT_ONCE.company, work),
      );
    } catch (error) {
      if (databaseError(error)?.code === CANCELLED) throw new Failure('list-late');
      throw error;
    }
  }

  async #within<T>(key: string, atOnce: number, work: () => Promise<T>): Promise<T> {
    let gate = this.#gates.get(key);
    if (gate === undefined) this.#gates.set(key, (gate = new Gate()));
    if (gate.running >= atOnce) await this.#turn(gate);
    else gate.running++;
    try {
      return await work();
    } finally {
      const [next] = gate.waiting;
      if (next !== undefined) next();
      else if (--gate.running === 0) this.#gates.delete(key);
    }
  }

  /** Waits for a place that somebody leaves. */
  #turn(gate: Gate): Promise<void> {
    if (gate.waiting.size >= MOST_WAITING) return Promise.reject(tooManyRequests(1));
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        gate.waiting.delete(enter);
        timer.cancel();
        outcome();
      };
      const enter = (): void => settle(resolve);
      const timer = this.#clock.setTimeout(() => settle(() => reject(tooManyRequests(1))), LONGEST_WAIT_MS);
      gate.waiting.add(enter);
    });
  }
}
