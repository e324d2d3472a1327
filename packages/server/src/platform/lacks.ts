import { isAway } from './breaks.ts';
import { databaseAway, noRoom, type Failure } from './failure.ts';
import type { Notice } from './notices.ts';

/** What a machine may lack for a while, by the words of the system. */
const lacks: Readonly<Record<string, Notice>> = {
  EMFILE: 'descriptors-short',
  ENFILE: 'descriptors-short',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  ENOMEM: 'memory-short',
  ENOBUFS: 'memory-short',
};
/** How far the causes of an error are looked through. */
const MOST_CAUSES = 5;

/** What the machine lacked where an error, or what caused it, says so; undefined where it is another. */
export function lackOf(error: unknown, depth = 0): Notice | undefined {
  if (!(error instanceof Error) || depth > MOST_CAUSES) return undefined;
  const { code = '' } = error as NodeJS.ErrnoException;
  return Object.hasOwn(lacks, code) ? lacks[code] : lackOf(error.cause, depth + 1);
}

/** The failure of what passes by itself, without a fault of ours or of the caller's; undefined for every other error. */
export function passingFailure(error: unknown): Failure | undefined {
  // A connection to the database that cannot be opened for want of descriptors says nothing of the database.
  if (lackOf(error) !== undefined) return noRoom();
  return isAway(error) ? databaseAway() : undefined;
}
