import type { Elapsed, Timer } from './clock.ts';

/** A turn that takes longer is over for its pace: what is left of it waits for something, and costs nobody anything. */
const LONGEST_TURN_MS = 100;

/**
 * The pace of work that comes in crowds and nobody waits for: what was claimed together is a turn, and behind each there is
 * a rest for as long as the turn took. A busy machine makes turns longer, so that the work steps back by itself.
 */
export class DuePace {
  readonly #time: Elapsed;
  readonly #rested: () => void;
  #turn: Set<string> | undefined;
  #began = 0;
  #slow: Timer | undefined;
  #resting = false;

  /** @param rested hears that the next turn may begin */
  constructor(time: Elapsed, rested: () => void) {
    this.#time = time;
    this.#rested = rested;
  }

  /** Whether a turn is under way, or the rest behind it. */
  get waits(): boolean {
    return this.#turn !== undefined || this.#resting;
  }

  /** Begins a turn with what was claimed. */
  took(names: Iterable<string>): void {
    const turn = new Set(names);
    if (turn.size === 0) return;
    this.#turn = turn;
    this.#began = this.#time.elapsed();
    this.#slow = this.#time.setTimeout(() => this.#end(), LONGEST_TURN_MS);
  }

  /** What was claimed under the name is done and written; the last of a turn ends it. */
  settled(name: string): void {
    if (this.#turn?.delete(name) === true && this.#turn.size === 0) this.#end();
  }

  #end(): void {
    this.#slow?.cancel();
    this.#turn = undefined;
    this.#resting = true;
    const took = Math.min(this.#time.elapsed() - this.#began, LONGEST_TURN_MS);
    this.#time.setTimeout(() => {
      this.#resting = false;
      this.#rested();
    }, took);
  }
}
