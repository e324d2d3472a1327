import type { Failure } from './failure.ts';

/** Work under names: what has one name is done one after another, in the order it came. */
export class Lines<Name> {
  readonly #most: number;
  readonly #refusal: (name: Name) => Failure;
  readonly #lines = new Map<Name, { last: Promise<unknown>; length: number }>();

  /**
   * @param most works under one name, the one that is being done among them
   * @param refusal what one too many is told
   */
  constructor(most: number, refusal: (name: Name) => Failure) {
    this.#most = most;
    this.#refusal = refusal;
  }

  /** Does some work after what came before it under its name, whatever became of that. */
  async take<T>(name: Name, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(name) ?? { last: Promise.resolve(), length: 0 };
    if (line.length >= this.#most) throw this.#refusal(name);
    this.#lines.set(name, line);
    line.length++;
    const turn = line.last.then(work);
    line.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      if (--line.length === 0) this.#lines.delete(name);
    }
  }
}
