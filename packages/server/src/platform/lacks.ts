import { isAway, Unsent } from './breaks.ts';
import { databaseAway, Failure, noRoom, type Told } from './failure.ts';
import type { Notice, NoticeDetails, Notices } from './notices.ts';

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

/**
 * What there was no room for, where an error or what caused it says so: of the machine, or within a bound of ours.
 * Undefined where it is another.
 */
function lackOf(error: unknown, depth = 0): Told | undefined {
  if (!(error instanceof Error) || depth > MOST_CAUSES) return undefined;
  if (error instanceof Failure) return error.told;
  if (error instanceof Unsent) return { notice: error.notice, details: {} };
  const { code = '' } = error as NodeJS.ErrnoException;
  const notice = Object.hasOwn(lacks, code) ? lacks[code] : undefined;
  return notice === undefined ? lackOf(error.cause, depth + 1) : { notice, details: {} };
}

/** Tells whoever runs the server what there was no room for; says nothing of other errors. */
export function tellLack(notices: Pick<Notices, 'tell'>, error: unknown, details: NoticeDetails = {}): void {
  const lack = lackOf(error);
  if (lack !== undefined) notices.tell(lack.notice, { ...lack.details, ...details });
}

/** The failure of what passes by itself, without a fault of ours or of the caller's; undefined for every other error. */
export function passingFailure(error: unknown): Failure | undefined {
  // Neither want of descriptors nor a crowd of ours says anything of the database.
  if (lackOf(error) !== undefined) return noRoom();
  return isAway(error) ? databaseAway() : undefined;
}
