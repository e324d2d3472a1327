import type { Assignment } from '../../sessions/index.ts';
import { chooseSeat } from './choose-seat.ts';
import type { Snapshot, Waiting } from './waiting.ts';

/** What becomes of a session, void where its version moved on. */
export type Decision = { readonly session: string; readonly version: number } & (
  | ({ readonly is: 'give' } & Assignment)
  /** It goes on standing in the queue; 1 is in front. */
  | { readonly is: 'stay'; readonly position: number }
  | { readonly is: 'none'; readonly why: 'nobody' }
);

/** So long a wait makes a session as urgent as one of the next higher priority that has just come. */
export const AGEING_MS = 300_000;

/**
 * Who gets what. Each decision counts for the next ones: a load grows, and a seat is given its second session under
 * the epoch that the first one leaves. Whoever waits for help goes on where nobody is there, and is in no decision.
 */
export function route({ now, waiting, seats }: Snapshot): Decision[] {
  const standing = seats.map((seat) => ({ ...seat }));
  let lastGiven = Math.max(0, ...seats.map(({ givenAt }) => givenAt));
  let position = 0;
  const decisions: Decision[] = [];
  for (const one of waiting.toSorted(inOrder(now))) {
    const { session, version, stage } = one;
    const chosen = chooseSeat(one, standing, now);
    if (chosen !== undefined) {
      const { seat, why } = chosen;
      decisions.push({ session, version, is: 'give', operator: seat.operator, epoch: seat.epoch, why });
      seat.load++;
      seat.epoch++;
      seat.givenAt = ++lastGiven;
    } else if (stage === 'placing') decisions.push({ session, version, is: 'none', why: 'nobody' });
    else if (stage === 'queue') decisions.push({ session, version, is: 'stay', position: ++position });
  }
  return decisions;
}

/** The queue before the help list; in each the most urgent, then whoever has waited longest. */
function inOrder(now: number): (one: Waiting, other: Waiting) => number {
  const urgency = ({ priority, since }: Waiting) => priority + Math.floor(Math.max(0, now - since) / AGEING_MS);
  return (one, other) =>
    Number(one.stage === 'help') - Number(other.stage === 'help') ||
    urgency(other) - urgency(one) ||
    one.since - other.since ||
    (one.session < other.session ? -1 : 1);
}
