/** How long something that failed is left alone, after its first failure and at most. */
const FIRST_MS = 500;
const LONGEST_MS = 60_000;
/** So many are known at most; those that failed longest ago are forgotten first, and tried again at once. */
const MOST = 1_000;

/**
 * Sessions that failed are left alone for a while, twice as long each time, so that the others go on without them. `now` is
 * time as it passes, not the calendar: a clock that is set back would leave them alone for as long.
 */
export class SetAside {
  readonly #held = new Map<string, { readonly until: number; readonly wait: number }>();

  /** Leaves one alone that failed now; answers for how long, milliseconds. */
  hold(session: string, now: number): number {
    const before = this.#held.get(session);
    const wait = before === undefined ? FIRST_MS : Math.min(LONGEST_MS, before.wait * 2);
    this.release(session);
    this.#held.set(session, { until: now + wait, wait });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST && oldest !== undefined) this.release(oldest);
    return wait;
  }

  /** It went well. */
  release(session: string): void {
    this.#held.delete(session);
  }

  /** Whether it is to be left alone now. */
  holds(session: string, now: number): boolean {
    return (this.#held.get(session)?.until ?? now) > now;
  }

  /** How long until the first of these is to be tried again, milliseconds; null where none is left alone. */
  rest(sessions: readonly string[], now: number): number | null {
    const instants = sessions.flatMap((session) => this.#held.get(session)?.until ?? []);
    return instants.length === 0 ? null : Math.max(0, Math.min(...instants) - now);
  }
}
