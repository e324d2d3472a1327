import pg from 'pg';
import type { Notice } from './notices.ts';

/** Classes of SQLSTATE that come with the end of a connection: connection, shutdown, system, internal. */
const ENDING = /^(08|57P|58|XX)/;
/**
 * Conditions that pass by themselves: no connection, no room (on the disk, in memory, for connections), shutting down or
 * starting, trouble of its machine, a statement or a lock that took too long, and a server that may only be read for now.
 */
const PASSING = /^(08|53|57P|58|57014$|55P03$|25006$|25P03$)/;

/** Reads the SQLSTATE and the constraint of a failed statement; undefined where it is no database error. */
export function databaseError(error: unknown): { code: string; constraint: string | undefined } | undefined {
  return error instanceof pg.DatabaseError && error.code !== undefined
    ? { code: error.code, constraint: error.constraint }
    : undefined;
}

/** A statement that has no answer: no connection could be had, or it broke or stayed silent. Whether it was done is open. */
export class Unanswered extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'Unanswered';
  }
}

/** A statement that was not sent, as a bound of ours was met: nothing of it is done. */
export class Unsent extends Unanswered {
  /** Which bound it was. */
  readonly notice: Notice;

  constructor(message: string, notice: Notice) {
    super(message);
    this.notice = notice;
  }
}

/** Whether the database cannot be had for now, as opposed to a fault of who asked: the same may succeed in a while. */
export function isAway(error: unknown): boolean {
  if (error instanceof Unanswered) return true;
  const code = databaseError(error)?.code;
  return code !== undefined && PASSING.test(code);
}

/**
 * Whether the server said no to a statement, or never had it, so that nothing of it is written. Any other failure leaves
 * that open: the connection may have broken between the commit and its answer, or while the server is still at it.
 */
export function isRefused(error: unknown): boolean {
  if (error instanceof Unsent) return true;
  const code = databaseError(error)?.code;
  return code !== undefined && !ENDING.test(code);
}

/** Knows when statements are answered again after a connection broke. */
export class Breaks {
  readonly #listeners = new Set<() => void>();
  #broken = false;

  /** Adds a listener, which must not throw; dispose to remove it. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** A statement or a connection failed. */
  failed(error: unknown): void {
    this.#broken ||= !isRefused(error);
  }

  /** A statement was answered. */
  answered(): void {
    if (!this.#broken) return;
    this.#broken = false;
    for (const listener of this.#listeners) listener();
  }
}
