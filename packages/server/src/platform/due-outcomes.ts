import type { Clock, Timer } from './clock.ts';
import type { Database } from './database.ts';
import { MOST, settleDue, type DueOutcome } from './due-rows.ts';

/** How long after a failure it is tried again, and after somebody else was writing the row. */
const FAILED_MS = 500;
const BUSY_MS = 50;
/** Tries at a stop; what is unwritten then is free as soon as the fence is gone. */
const LAST_TRIES = 3;

/** What outcomes need. */
export interface OutcomePorts {
  readonly database: Database;
  readonly clock: Clock;
  /** An outcome is written, or void as the row is no longer ours; `wished` where the row is due again at once. */
  readonly settled: (outcome: DueOutcome, wished: boolean) => void;
  readonly failed: (error: unknown, unwritten: number) => void;
}

/**
 * What became of runs, until it is written: one statement at a time, as many rows as there are. What cannot be written
 * stays and is tried again. There are never more than runs have room, as a row keeps its place until it is written.
 */
export class DueOutcomes {
  readonly #ports: OutcomePorts;
  readonly #waiting = new Set<DueOutcome>();
  #writing: Promise<boolean> | undefined;
  #timer: Timer | undefined;
  #stopping = false;

  constructor(ports: OutcomePorts) {
    this.#ports = ports;
  }

  /** How many are not written yet. */
  get unwritten(): number {
    return this.#waiting.size;
  }

  /** Takes an outcome to write it. */
  add(outcome: DueOutcome): void {
    this.#waiting.add(outcome);
    void this.#write();
  }

  /** Writes what is left, as far as the database lets it. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    for (let tries = 0; tries < LAST_TRIES && this.#waiting.size > 0; tries++) await this.#write();
  }

  /** Answers whether the database took all of it. */
  #write(): Promise<boolean> {
    return (this.#writing ??= this.#writeAll());
  }

  async #writeAll(): Promise<boolean> {
    // What is handed over in this turn of the event loop is written together.
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0) {
        if (await this.#writeSome()) continue;
        this.#later(BUSY_MS);
        return false;
      }
      return true;
    } catch (error) {
      this.#ports.failed(error, this.#waiting.size);
      this.#later(FAILED_MS);
      return false;
    } finally {
      // In the very turn in which nothing was left: what comes in the next one begins anew.
      this.#writing = undefined;
    }
  }

  /** Answers whether anything was written. */
  async #writeSome(): Promise<boolean> {
    const { database, clock, settled } = this.#ports;
    const batch = new Map([...this.#waiting].slice(0, MOST).map((outcome) => [nameOf(outcome.row), outcome]));
    const rows = await settleDue(database, [...batch.values()], clock.now());
    let written = false;
    for (const row of rows) {
      const outcome = batch.get(nameOf(row));
      if (outcome === undefined || row.left) continue;
      this.#waiting.delete(outcome);
      settled(outcome, row.wished);
      written = true;
    }
    return written;
  }

  #later(milliseconds: number): void {
    this.#timer?.cancel();
    if (!this.#stopping) this.#timer = this.#ports.clock.setTimeout(() => void this.#write(), milliseconds);
  }
}

/** What tells rows apart within the process. */
export function nameOf({ kind, key }: { readonly kind: string; readonly key: string }): string {
  return `${kind} ${key}`;
}
