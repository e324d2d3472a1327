import type { Elapsed, Timer } from '../../../platform/clock.ts';

/** Groups come in these sizes: each is a plan of its own on every connection. */
const SIZES = [16, 8, 4, 2] as const;
const FULL = SIZES[0];
/** A statement that takes longer counts no more: what it waits for is nothing to those behind it. */
const SLOW_MS = 50;
/** Statements under way at a time that have not shown to be slow; and in all: connections beyond are for who reads. */
const USUAL = { underWay: 4, atAll: 12 };
/** How long those wait behind steps that somebody waits for; then they go as any other, so that they come to an end too. */
const LONGEST_BEHIND_MS = 250;
/** How often one more goes although others are under way. */
const PATIENCE_MS = 4;
/** Who may wait, and how long. */
const MOST_WAITING = 2_000;
const LONGEST_WAIT_MS = 5_000;

/** A step that is to be written. */
export interface Waiting {
  /** Its session, of which one step is in a statement. */
  readonly id: string;
  /** Steps of one shape go in one statement; null goes alone. */
  readonly shape: string | null;
  /** Hears that it waits no longer: nothing of it was sent. */
  readonly refuse: (reason: string) => void;
}

/** Statements under way: those that have not shown to be slow, and all of them. */
interface Most {
  readonly underWay: number;
  readonly atAll: number;
}

/** How a line differs from the usual. */
export interface WriteLineOptions {
  readonly most?: Most;
  /** A line that goes first, where nobody waits for the steps of this one: they gather even on a quiet server. */
  readonly before?: { readonly waiting: number };
}

/**
 * Steps that wait to be sent to the database, in the order they came. Where nothing is under way one goes at once and alone,
 * so that a quiet server waits for nobody; else those gather that can go as one statement. The line is bounded in number and
 * in time.
 */
export class WriteLine<Step extends Waiting> {
  readonly #time: Elapsed;
  readonly #send: (group: readonly [Step, ...Step[]]) => Promise<void>;
  /** The line this one stands behind. */
  readonly #before: { readonly waiting: number } | undefined;
  readonly #most: Most;
  #steps: { readonly step: Step; readonly since: number }[] = [];
  #underWay = 0;
  /** With those that have shown to be slow. */
  #atAll = 0;
  #looks = false;

  /** @param send sends steps of one shape and of different sessions as one statement, and never fails */
  constructor(
    time: Elapsed,
    send: (group: readonly [Step, ...Step[]]) => Promise<void>,
    { most = USUAL, before }: WriteLineOptions = {},
  ) {
    this.#time = time;
    this.#send = send;
    this.#before = before;
    this.#most = most;
  }

  /** Steps that wait. */
  get waiting(): number {
    return this.#steps.length;
  }

  /** Statements under way that have shown to be slow. */
  get slow(): number {
    return this.#atAll - this.#underWay;
  }

  /** Puts steps at the end of the line; all are refused that find no place. */
  add(...steps: readonly Step[]): void {
    for (const step of steps) {
      if (this.#steps.length >= MOST_WAITING) step.refuse('too many wait to be written');
      else this.#steps.push({ step, since: this.#time.elapsed() });
    }
    this.#move();
  }

  /** Puts steps that were sent before others, as those came later; their time begins anew. */
  again(steps: readonly Step[]): void {
    this.#steps.unshift(...steps.map((step) => ({ step, since: this.#time.elapsed() })));
    this.#move();
  }

  #move(): void {
    const gathers = this.#before !== undefined || this.#underWay > 0;
    if (!gathers || this.#steps.length >= FULL) this.#next();
    if (this.#steps.length > 0) this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    this.#time.setTimeout(() => {
      this.#looks = false;
      this.#refuseLate();
      this.#next();
      if (this.#steps.length > 0) this.#lookSoon();
    }, PATIENCE_MS);
  }

  #refuseLate(): void {
    const late = this.#time.elapsed() - LONGEST_WAIT_MS;
    const refused = this.#steps.filter(({ since }) => since < late);
    if (refused.length === 0) return;
    this.#steps = this.#steps.filter(({ since }) => since >= late);
    for (const { step } of refused) step.refuse('the statements before it take too long');
  }

  /** Sends the step that waits longest, and those of its shape. */
  #next(): void {
    const [first] = this.#steps;
    if (first === undefined || this.#underWay >= this.#most.underWay || this.#atAll >= this.#most.atAll) return;
    if (this.#before !== undefined && this.#before.waiting > 0) {
      if (this.#time.elapsed() - first.since < LONGEST_BEHIND_MS) return;
    }
    const group = this.#alike(first.step);
    const sent = new Set<Step>(group);
    this.#steps = this.#steps.filter(({ step }) => !sent.has(step));
    const leave = this.#enter();
    const done = (): void => {
      this.#atAll -= 1;
      leave();
    };
    void this.#send(group).then(done, done);
  }

  #alike(first: Step): readonly [Step, ...Step[]] {
    const ids = new Set([first.id]);
    const alike: [Step, ...Step[]] = [first];
    for (const { step } of first.shape === null ? [] : this.#steps) {
      if (step.shape !== first.shape || ids.has(step.id)) continue;
      ids.add(step.id);
      alike.push(step);
      if (alike.length === FULL) break;
    }
    alike.length = SIZES.find((steps) => steps <= alike.length) ?? 1;
    return alike;
  }

  /** Counts a statement until it is done, or has shown to be slow; the next one goes then. */
  #enter(): () => void {
    this.#underWay += 1;
    this.#atAll += 1;
    let slow: Timer | undefined = this.#time.setTimeout(() => leave(), SLOW_MS);
    const leave = (): void => {
      if (slow !== undefined) {
        slow.cancel();
        slow = undefined;
        this.#underWay -= 1;
      }
      if (this.#steps.length >= FULL) this.#next();
      // Whoever hears of his own step now may have the next one ready within this turn of the loop.
      else if (this.#steps.length > 0) setImmediate(() => this.#next());
    };
    return leave;
  }
}
