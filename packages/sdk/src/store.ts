/** Holds a state that others watch: a listener hears of each change, never of a repetition. */
export class Store<S extends object> {
  #state: S;
  readonly #listeners = new Set<() => void>();

  constructor(initial: S) {
    this.#state = initial;
  }

  get state(): S {
    return this.#state;
  }

  /** Changes fields; nobody hears where none is different. */
  set(change: Partial<S>): void {
    const entries = Object.entries(change) as [keyof S, S[keyof S]][];
    if (entries.every(([name, value]) => Object.is(this.#state[name], value))) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Adds a listener; the returned function removes it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Events by name, for those who want to hear of one kind. */
export class Emitter<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(value: never) => void>>();

  /** Adds a listener; the returned function removes it. */
  on<K extends keyof E>(name: K, listener: (value: E[K]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener as (value: never) => void));
    return () => void set.delete(listener as (value: never) => void);
  }

  emit<K extends keyof E>(name: K, value: E[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (value: E[K]) => void)(value);
  }
}
