import type { Clock } from '../../platform/clock.ts';

/** How long something is believed without asking the database: the longest that another node's change takes to arrive. */
const LIFE_MS = 5_000;
const MOST = 10_000;

/**
 * What was read a moment ago. An entry holds the reading itself, so that one dropped while it was being read is read
 * again by the next who asks: nobody who asks after a change gets what was before it.
 */
export class ShortMemory<Key, Value> {
  readonly #read: (key: Key) => Promise<Value>;
  readonly #clock: Clock;
  readonly #entries = new Map<Key, { readonly value: Promise<Value>; readonly until: number }>();

  constructor(read: (key: Key) => Promise<Value>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The value of a key, read where it is not known or known for too long. */
  get(key: Key): Promise<Value> {
    const now = this.#clock.now();
    const known = this.#entries.get(key);
    if (known !== undefined && now < known.until) return known.value;
    if (this.#entries.size >= MOST) this.#entries.clear();
    const entry = { value: this.#read(key), until: now + LIFE_MS };
    this.#entries.set(key, entry);
    const forget = (): void => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    // What is not there now may be there in a moment: the id of the next user can be named before it exists.
    void entry.value.then((value) => value === undefined && forget(), forget);
    return entry.value;
  }

  /** Forgets a key whose value was changed. */
  drop(key: Key): void {
    this.#entries.delete(key);
  }
}
