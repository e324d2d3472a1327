import type { Elapsed } from './clock.ts';
import type { Log } from './log.ts';

/** How late the oldest of a crowd must be to be told of, and how often its progress is told. */
const LONG_MS = 5_000;
const AGAIN_MS = 30_000;

/** A crowd of timers while it is long. */
interface Crowd {
  readonly since: number;
  ran: number;
  told: number;
}

/** Tells in the log of crowds of timers that take long: that there is one, how it goes on, and that it is over. */
export class DueBacklog {
  readonly #time: Pick<Elapsed, 'elapsed'>;
  readonly #log: Log;
  readonly #left: (kind: string) => Promise<number>;
  readonly #crowds = new Map<string, Crowd>();

  /** @param left how many of a kind are due; asked for when there is something to tell */
  constructor(time: Pick<Elapsed, 'elapsed'>, log: Log, left: (kind: string) => Promise<number>) {
    this.#time = time;
    this.#log = log;
    this.#left = left;
  }

  /** Notes what a claim brought of a kind: how many, how late the oldest was, and whether there is more. */
  claimed(kind: string, rows: number, lateMs: number, more: boolean): void {
    const now = this.#time.elapsed();
    const crowd = this.#crowds.get(kind);
    if (crowd === undefined) {
      if (!more || lateMs < LONG_MS) return;
      this.#crowds.set(kind, { since: now, ran: rows, told: now });
      this.#tell(kind, rows, lateMs);
      return;
    }
    crowd.ran += rows;
    if (!more) {
      this.#crowds.delete(kind);
      this.#log.info({ kind, ran: crowd.ran, seconds: secondsOf(now - crowd.since) }, 'timers are run in time again');
    } else if (now - crowd.told >= AGAIN_MS) {
      crowd.told = now;
      this.#tell(kind, crowd.ran, lateMs);
    }
  }

  #tell(kind: string, ran: number, lateMs: number): void {
    const tell = (left: number | null): void =>
      this.#log.info({ kind, ran, left, lateSeconds: secondsOf(lateMs) }, 'many timers are due at once');
    this.#left(kind).then(tell, () => tell(null));
  }
}

function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
