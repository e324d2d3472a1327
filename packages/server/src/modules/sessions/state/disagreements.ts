import type { Clock } from '../../../platform/clock.ts';
import { shortId, type Log } from '../../../platform/log.ts';
import type { SessionFigures } from '../../../platform/figures.ts';

/** So often at most it is said in the log. */
const SAID_EVERY_MS = 60_000;

/** What noting them needs. */
export interface DisagreementPorts {
  readonly log: Log;
  readonly clock: Clock;
  readonly sessionFigures: SessionFigures;
}

/**
 * Rows whose documented columns disagree with their floor, as somebody who does not know the floor wrote beside it: an
 * older build that still runs, or a statement by hand. The columns hold; that it happens is counted and said.
 */
export class Disagreements {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #figures: SessionFigures;
  #unsaid = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ log, clock, sessionFigures }: DisagreementPorts) {
    this.#log = log;
    this.#clock = clock;
    this.#figures = sessionFigures;
  }

  /** A session was read from such a row. */
  note(id: string): void {
    this.#figures.floorDisagreed();
    this.#unsaid++;
    const now = this.#clock.now();
    if (now < this.#saidAt + SAID_EVERY_MS) return;
    this.#log.warn(
      { session: shortId(id), sessions: this.#unsaid },
      'what a session says of who answers was written by something that does not know its floor: it is read as it says',
    );
    this.#saidAt = now;
    this.#unsaid = 0;
  }
}
