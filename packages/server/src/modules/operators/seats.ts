import type { OperatorStatus } from '@molva/contract';
import { sql, type Transaction } from 'kysely';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Prepared } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { dueConflict } from '../../platform/due-rows.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Tables } from '../../platform/tables.ts';
import { answeringRoles, type SeatedUser, type SeatKeeper } from '../iam/index.ts';
import { operatorKey, ROUTE_OPERATOR_KIND } from '../sessions/index.ts';

/** Timers of a user: its sessions hear that it came, left or is gone. */
export const STATUS_KIND = 'operator-status';

// The user is held first, as by whoever changes its rights: somebody blocked meanwhile does not come online.
const setStatus: Prepared = {
  name: 'seat_status',
  text: `with person as (
      select id from users where company_id = $1 and id = $2
        and ($3 = 'OFFLINE' or blocked_at is null and roles && $4::text[]) for share
    ), seat as (
      update seats set status = $3, status_at = $5::timestamptz, epoch = epoch + 1 from person
      where company_id = $1 and user_id = person.id and status <> $3 returning 1
    )
    insert into due (kind, key, due_at) select new.kind, $6::uuid, $5::timestamptz from seat, unnest($7::text[]) as new (kind)
    ${dueConflict()}`,
};

/** What the seats need. */
export interface SeatPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly due: DueRunner;
}

/**
 * Where users stand as operators. A change and the timer of what follows from it are one statement, so that nothing
 * comes between them; and it raises the seat's epoch, so that nothing is given by what was read before.
 */
export class Seats implements SeatKeeper {
  readonly #ports: SeatPorts;

  constructor(ports: SeatPorts) {
    this.#ports = ports;
  }

  /** Sets where a user stands; one that may not answer can only leave. */
  async setStatus(companyId: number, userId: number, status: OperatorStatus): Promise<void> {
    const { database, clock, due } = this.#ports;
    const now = clock.now();
    const kinds = status === 'ONLINE' ? [STATUS_KIND, ROUTE_OPERATOR_KIND] : [STATUS_KIND];
    const key = operatorKey(companyId, userId);
    await database.query(setStatus, [companyId, userId, status, answeringRoles, isoInstant(now), key, kinds]);
    due.hint(now);
  }

  /** What a change of rights does, within the same transaction. Who may no longer answer is not online either. */
  async rightsChanged(
    transaction: Transaction<Tables>,
    { companyId, userId }: SeatedUser,
    mayAnswer: boolean,
  ): Promise<void> {
    const now = isoInstant(this.#ports.clock.now());
    const kind = mayAnswer ? ROUTE_OPERATOR_KIND : STATUS_KIND;
    await sql`with seat as (
        update seats set epoch = epoch + 1,
          status_at = case when ${mayAnswer} or status = 'OFFLINE' then status_at else ${now}::timestamptz end,
          status = case when ${mayAnswer} then status else 'OFFLINE' end
        where company_id = ${companyId} and user_id = ${userId} returning 1
      )
      insert into due (kind, key, due_at)
      select ${kind}, ${operatorKey(companyId, userId)}::uuid, ${now}::timestamptz from seat
      ${sql.raw(dueConflict())}`.execute(transaction);
  }

  /** Such a transaction is committed: what it wished for is looked at. */
  rightsCommitted(): void {
    this.#ports.due.hint(this.#ports.clock.now());
  }
}
