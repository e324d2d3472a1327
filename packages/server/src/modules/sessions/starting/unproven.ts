import type { DueRunner } from '../../../platform/due.ts';
import { happen } from '../answering/happen.ts';
import { unlessGone, type StepRunner } from '../answering/step-runner.ts';
import { HOUSE } from '../answering/timers.ts';
import type { Proven, StartStore } from './start-store.ts';
import { MOST_UNPROVEN } from './start-store.ts';

/** What ending needs. */
export interface UnprovenPorts {
  readonly due: DueRunner;
  readonly runner: StepRunner;
  readonly starts: Pick<StartStore, 'liveUnproven'>;
}

/** Sessions that are ended at a time. */
const AT_ONCE = 8;

/**
 * Ends what clients began before they were proven: what is said after that is not for those who had it before. What they
 * begin later is not touched, however late this runs. It is wished for in the commit of the session that proved its client, so that no start waits for it or fails by it.
 */
export function endUnproven({ due, runner, starts }: UnprovenPorts): void {
  const end = (id: string): Promise<unknown> =>
    unlessGone(undefined, () =>
      runner.run(id, (draft, setting) => happen(draft, setting, { is: 'end', by: 'client' })),
    );
  const endAll = async (proven: Proven): Promise<null> => {
    const failures: unknown[] = [];
    for (let after = HOUSE, left = true; left;) {
      const found = await starts.liveUnproven(proven, after);
      for (let at = 0; at < found.length; at += AT_ONCE) {
        const ended = await Promise.allSettled(found.slice(at, at + AT_ONCE).map(end));
        failures.push(...ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])));
      }
      after = found.at(-1) ?? after;
      left = found.length === MOST_UNPROVEN;
    }
    // One that cannot be ended now keeps none of the others: it is tried again with what is left.
    if (failures.length > 0) throw failures[0];
    return null;
  };
  due.handle('session-proven', (id) => unlessGone(null, async () => endAll(await runner.steps.get(id))), {
    atOnce: AT_ONCE,
  });
}
