import pg from 'pg';

/** Classes of SQLSTATE that come with the end of a connection: connection, shutdown, system, internal. */
const ENDING = /^(08|57P|58|XX)/;

/**
 * Whether the server said no to a statement, so that nothing of it is written. Any other failure leaves that open: the
 * connection may have broken between the commit and its answer, or while the server is still at it.
 */
export function isRefused(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && !ENDING.test(error.code);
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
