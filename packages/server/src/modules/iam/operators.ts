import type { OperatorStatus } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';
import { personName } from './person-name.ts';
import { canAnswer } from './roles.ts';

/** A user as somebody who answers in sessions. */
export interface OperatorUser {
  readonly id: number;
  readonly name: string;
  readonly avatar: null;
  readonly status: OperatorStatus;
  /** Since when it has the status; null where it never had another. */
  readonly statusSince: number | null;
  /** Not blocked, and with a role that answers in sessions. */
  readonly canAnswer: boolean;
}

/** A user of the company as an operator, whether it may answer or not; undefined where there is none. */
export async function findOperator(
  { builder }: Database,
  companyId: number,
  userId: number,
): Promise<OperatorUser | undefined> {
  const row = await builder
    .selectFrom('users')
    .select(['id', 'email', 'first_name', 'last_name', 'roles', 'blocked_at', 'operator_status', 'operator_status_at'])
    .where('id', '=', userId)
    .where('company_id', '=', companyId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    name: personName(row),
    avatar: null,
    status: row.operator_status,
    statusSince: row.operator_status_at,
    canAnswer: row.blocked_at === null && canAnswer(row.roles),
  };
}

/** Sets where an operator of the company stands. Somebody blocked does not come online. */
export async function setOperatorStatus(
  { builder }: Database,
  clock: Clock,
  companyId: number,
  userId: number,
  status: OperatorStatus,
): Promise<void> {
  await builder
    .updateTable('users')
    .set({ operator_status: status, operator_status_at: isoInstant(clock.now()) })
    .where('id', '=', userId)
    .where('company_id', '=', companyId)
    .where('operator_status', '<>', status)
    .where((of) => of.or([of('blocked_at', 'is', null), of.val(status === 'OFFLINE')]))
    .execute();
}
