/** Times that a test measures: they are printed, and nothing is asserted on them. */
export class Figures {
  readonly #milliseconds: number[] = [];

  /** Notes how long after an instant something was; what was before it was at once. */
  add(at: number, after: number): void {
    this.#milliseconds.push(Math.max(0, at - after));
  }

  /** Prints how long it took, under a name. */
  print(what: string): void {
    const sorted = this.#milliseconds.toSorted((one, other) => one - other);
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    process.stdout.write(`${what}: p50 ${at(0.5)} ms, max ${at(1)} ms of ${sorted.length}\n`);
  }
}
