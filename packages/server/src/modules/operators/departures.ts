import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { goneAt, readOperatorKey, type RoutedSessions } from '../sessions/index.ts';
import { findOperator } from './people.ts';
import { STATUS_KIND } from './seats.ts';

/** What departures need. */
export interface DeparturePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly due: DueRunner;
  readonly sessions: Pick<RoutedSessions, 'moved'>;
}

/**
 * Users who come, leave and are gone, as their sessions hear of it. One timer of a user does all of it, and a timer is
 * run by one at a time: no session hears last what was true before.
 */
export function registerDepartures({ database, clock, due, sessions }: DeparturePorts): void {
  due.handle(STATUS_KIND, async (key) => {
    const { companyId, userId } = readOperatorKey(key);
    const at = goneAt(await findOperator(database, companyId, userId));
    const again = at !== null && at > clock.now() ? at : null;
    await sessions.moved(companyId, userId);
    return again;
  });
}
