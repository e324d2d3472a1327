import { databaseError, UNIQUE_VIOLATION } from '../../../platform/database.ts';
import { Failure } from '../../../platform/failure.ts';

/** What a call that can come again is done by. */
export interface Repeatable<T> {
  /** What the caller named it by; undefined: it cannot come again. */
  readonly key: string | undefined;
  /** Whether what it came to before is looked up first: dear where it hardly ever comes again. */
  readonly lookFirst: boolean;
  /** What it came to before; undefined where it did not. */
  readonly replay: (key: string) => Promise<T | undefined>;
  readonly write: () => Promise<T>;
}

/** Refusals by what became of the session since: the call may have been what came before the end, or before others got it. */
const tooLate: readonly string[] = ['session-closed', 'dialog-ended', 'operator-not-in-session'];

/**
 * Does once what a key names: who comes again, at the same time or after the end too, gets what it came to the first
 * time. The key is unique in the database, so that two at once are one.
 */
export async function once<T>({ key, lookFirst, replay, write }: Repeatable<T>): Promise<T> {
  if (key === undefined) return write();
  const before = lookFirst ? await replay(key) : undefined;
  if (before !== undefined) return before;
  try {
    return await write();
  } catch (error) {
    const repeated = databaseError(error)?.code === UNIQUE_VIOLATION;
    const late = error instanceof Failure && tooLate.includes(error.code);
    const found = repeated || late ? await replay(key) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}
