import type { Scalar } from './scalar.ts';

/** Named values that a turn changes one by one; the record it began with is left as it is. */
export class Values {
  readonly #before: Readonly<Record<string, Scalar>>;
  /** All of them, once one was changed: a copy for each change would be a copy of all for each. */
  #changed: Map<string, Scalar> | undefined;

  constructor(before: Readonly<Record<string, Scalar>>) {
    this.#before = before;
  }

  /** All of them; the very record from before where nothing was changed. */
  get all(): Readonly<Record<string, Scalar>> {
    return this.#changed === undefined ? this.#before : Object.fromEntries(this.#changed);
  }

  /** Null where there is none. */
  get(name: string): Scalar {
    if (this.#changed !== undefined) return this.#changed.get(name) ?? null;
    return Object.hasOwn(this.#before, name) ? (this.#before[name] ?? null) : null;
  }

  set(name: string, value: Scalar): void {
    if (this.get(name) === value && this.#has(name)) return;
    this.#changed ??= new Map(Object.entries(this.#before));
    this.#changed.set(name, value);
  }

  #has(name: string): boolean {
    return this.#changed?.has(name) ?? Object.hasOwn(this.#before, name);
  }
}
