import type { DueRunner } from '../../../platform/due.ts';
import { happen } from '../answering/happen.ts';
import { unlessGone, type StepRunner } from '../answering/step-runner.ts';
import { UNPROVEN_KIND } from './start-store.ts';

/** What ending needs. */
export interface UnprovenPorts {
  readonly due: DueRunner;
  readonly runner: StepRunner;
}

/** Sessions that are ended at a time. */
const AT_ONCE = 8;

/**
 * Ends what clients began before they were proven: what is said after that is not for those who had it before. It is
 * wished for in the commit that proves the client, so that no start waits for it or fails by it.
 */
export function endUnproven({ due, runner }: UnprovenPorts): void {
  const end = async (id: string): Promise<null> => {
    await runner.run(id, (draft, setting) => happen(draft, setting, { is: 'end', by: 'client' }));
    return null;
  };
  due.handle(UNPROVEN_KIND, (id) => unlessGone(null, () => end(id)), { atOnce: AT_ONCE });
}
