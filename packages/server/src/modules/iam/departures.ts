import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { findOperator } from './operators.ts';

const KIND = 'iam-operator-gone';
/** How long who went offline may come back before others get the sessions. */
const GRACE_MS = 60_000;

/** What departures need. */
export interface DeparturePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly due: DueRunner;
  /** Passes the sessions of an operator on to others. */
  releaseSessions(companyId: number, userId: number): Promise<void>;
}

/**
 * Users who are gone: others get the sessions of one who may no longer answer at once, and of one who went offline after
 * a minute.
 */
export class Departures {
  readonly #ports: DeparturePorts;

  constructor(ports: DeparturePorts) {
    this.#ports = ports;
    ports.due.handle(KIND, async (key) => {
      const companyId = Number.parseInt(key.slice(0, 8), 16);
      const userId = Number.parseInt(key.slice(-12), 16);
      const operator = await findOperator(ports.database, companyId, userId);
      if (operator?.canAnswer === true) {
        // Who is back by now keeps them.
        if (operator.status !== 'OFFLINE') return null;
        const end = (operator.statusSince ?? 0) + GRACE_MS;
        if (end > ports.clock.now()) return end;
      }
      await ports.releaseSessions(companyId, userId);
      return null;
    });
  }

  /** Notes that a user may no longer answer, or went offline. */
  async note(companyId: number, userId: number): Promise<void> {
    const { due, clock } = this.#ports;
    // Keys of timers are UUIDs: the company is in the first part, the user in the last.
    const key = `${companyId.toString(16).padStart(8, '0')}-0000-0000-0000-${userId.toString(16).padStart(12, '0')}`;
    await due.at(KIND, key, clock.now());
  }
}
