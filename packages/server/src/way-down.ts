import type { Log } from './platform/log.ts';

/** All of a stop, in milliseconds: who supervises a process kills it after ten seconds. */
const ALL_MS = 9_000;
/** What of it is left for the database, which is the last to go. */
const DATABASE_MS = 2_500;
/** Where all has ended, what still keeps the process alive has this long. */
const REST_MS = 300;
/** Signals that come so shortly after the first are the same one, sent to the whole group or passed on. */
const SAME_SIGNAL_MS = 1_000;

/**
 * The end of a process, which comes in time whatever hangs: a part that does not end is left behind, and the process with
 * it. What it was at is in the database as it was before, or is not.
 */
export class WayDown {
  readonly #log: Log;
  #code = 0;
  #endsAt: number | undefined;
  #last: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The time begins to run. */
  begin(code: number): void {
    if (this.#endsAt !== undefined) return;
    this.#code = code;
    this.#endsAt = performance.now() + ALL_MS;
    this.#exitIn(ALL_MS);
  }

  /** Milliseconds until the process ends. */
  get left(): number {
    return this.#endsAt === undefined ? ALL_MS : Math.max(0, this.#endsAt - performance.now());
  }

  /** Ends a part, or leaves it behind when only the time for the database is left. Never fails. */
  async end(part: AsyncDisposable, what: string): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const given = new Promise<void>((resolve) => {
      late = setTimeout(() => {
        this.#log.warn(`${what} did not end in time and is left behind`);
        resolve();
      }, this.left - DATABASE_MS);
    });
    const ended = (async () => part[Symbol.asyncDispose]())().catch((error: unknown) => {
      this.#log.error({ error }, `${what} did not end in order`);
    });
    await Promise.race([ended, given]);
    clearTimeout(late);
  }

  /** All is ended that could be: nothing that was left behind keeps the process. */
  ended(): void {
    if (this.#endsAt !== undefined) this.#exitIn(REST_MS).unref();
  }

  #exitIn(milliseconds: number): NodeJS.Timeout {
    clearTimeout(this.#last);
    this.#last = setTimeout(() => process.exit(this.#code), milliseconds);
    return this.#last;
  }
}

/** Resolves at the first SIGINT or SIGTERM; another one, later, ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const hear = (): void => {
      resolve();
      const forget = (): void => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, hear);
      };
      setTimeout(forget, SAME_SIGNAL_MS).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hear);
  });
}
