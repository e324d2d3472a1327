import type { Announcer } from '../../../platform/announcer.ts';
import type { Clock } from '../../../platform/clock.ts';
import { isPlacing, settling, type Floor } from '../state/floor.ts';
import type { Steps } from '../state/steps.ts';

/** How long a caller that wants the bot's answer at once is kept waiting: a bot elsewhere has nine seconds. */
const LIMIT_MS = 10_000;

/** Somebody who waits: looks whether it may go on. */
type Look = () => void;

/** Waits for what goes on by itself: a bot that is at it, a hand-over that is being decided. */
export class TurnWaiter {
  readonly #clock: Clock;
  readonly #steps: Pick<Steps, 'get'>;
  readonly #stopping: AbortSignal;
  /** How many callers wait for what the bot says, by session. */
  readonly #listening = new Map<string, number>();
  /** Whoever waits, by session: what is said in one session wakes nobody who waits in another. */
  readonly #waiting = new Map<string, Set<Look>>();

  /** Nobody is kept waiting once `stopping` is aborted: what the bot says later is in the log. */
  constructor(announcer: Announcer, clock: Clock, steps: Pick<Steps, 'get'>, stopping: AbortSignal) {
    this.#stopping = stopping;
    this.#clock = clock;
    this.#steps = steps;
    const heard = (id: string): void => this.#waiting.get(id)?.forEach((look) => look());
    // What was committed without an answer is heard of as well.
    announcer.listen({ committed: heard, reached: heard });
  }

  /** Whether a caller waits for what the session's bot says. */
  waitsFor(sessionId: string): boolean {
    return this.#listening.has(sessionId);
  }

  /** Resolves when the floor settled, or when the caller has waited long enough: what the bot says goes to the caller. */
  async settled(sessionId: string): Promise<void> {
    this.#listening.set(sessionId, (this.#listening.get(sessionId) ?? 0) + 1);
    try {
      await this.#until(sessionId, (floor) => !settling(floor));
    } finally {
      const others = (this.#listening.get(sessionId) ?? 1) - 1;
      if (others === 0) this.#listening.delete(sessionId);
      else this.#listening.set(sessionId, others);
    }
  }

  /**
   * Resolves when routing has decided, for a caller that wants nothing of what bots say then.
   * @param limitMs how long it is waited for at most
   */
  placed(sessionId: string, limitMs = LIMIT_MS): Promise<void> {
    return this.#until(sessionId, (floor) => !isPlacing(floor), limitMs);
  }

  async #until(sessionId: string, holds: (floor: Floor) => boolean, limitMs = LIMIT_MS): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = async (): Promise<void> => {
      if (holds((await this.#steps.get(sessionId)).floor)) resolve();
    };
    using _registered = this.#register(sessionId, () => void look().catch(resolve));
    const limit = this.#clock.setTimeout(() => resolve(), limitMs);
    const leave = (): void => resolve();
    this.#stopping.addEventListener('abort', leave);
    // Who comes later hears of it no more.
    if (this.#stopping.aborted) resolve();
    try {
      // What the caller did is done: that nobody can look is no failure of it.
      await look().catch(resolve);
      await promise;
    } finally {
      limit.cancel();
      this.#stopping.removeEventListener('abort', leave);
    }
  }

  #register(sessionId: string, look: Look): Disposable {
    const looks = this.#waiting.get(sessionId) ?? new Set();
    this.#waiting.set(sessionId, looks.add(look));
    return {
      [Symbol.dispose]: () => {
        looks.delete(look);
        if (looks.size === 0 && this.#waiting.get(sessionId) === looks) this.#waiting.delete(sessionId);
      },
    };
  }
}
