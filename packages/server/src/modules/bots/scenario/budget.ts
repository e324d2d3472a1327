/** What a turn went beyond: its blocks, its work, what it may say, or what a session may keep. */
export type Overrun = 'blocks' | 'work' | 'messages' | 'bytes' | 'data';

/** Work that a turn may do. A unit is about fifteen nanoseconds, so that a turn holds everybody else up for some 20 ms. */
export const MOST_WORK = 1_500_000;
/** Messages that a turn may say. */
export const MOST_MESSAGES = 100;
/** Bytes that all messages and facts of a turn may have, as much as the answer of a webhook. */
export const MOST_BYTES = 262_144;

/** Thrown within a turn that spent its budget; the turn ends there. */
export class BudgetSpent extends Error {
  readonly on: Overrun;

  constructor(on: Overrun) {
    super(`the turn has no more ${on}`);
    this.on = on;
  }
}

/** Who is told of work before it is done, in units; throws where there is no more to spend. */
export interface Meter {
  spend(units: number): void;
}

/** What one turn has to spend: counted, not timed, so that a turn comes to the same wherever and however often it runs. */
export class TurnBudget implements Meter {
  #work = MOST_WORK;
  #messages = MOST_MESSAGES;
  #bytes = MOST_BYTES;

  spend(units: number): void {
    this.#work -= units;
    if (this.#work < 0) throw new BudgetSpent('work');
  }

  /** Pays for a message about to be said. */
  say(bytes: number): void {
    this.#messages -= 1;
    if (this.#messages < 0) throw new BudgetSpent('messages');
    this.keep(bytes);
  }

  /** Pays for bytes that the turn leaves behind. */
  keep(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new BudgetSpent('bytes');
  }
}

/** Units for finding a text in another one: where both are built for it, every place is compared nearly to its end. */
export function searchCost(length: number, sought: number): number {
  return 10 + Math.ceil((length * (sought + 2)) / 30);
}
