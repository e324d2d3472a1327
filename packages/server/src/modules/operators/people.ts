import type { OperatorStatus } from '@molva/contract';
import type { Database, Prepared } from '../../platform/database.ts';
import { canAnswer, personName } from '../iam/index.ts';
import type { OperatorRecord } from '../sessions/index.ts';

/** A user with its seat as SQL reads it: from `users u` and `seats`. */
export interface PersonRow extends Record<string, unknown> {
  readonly id: number;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly roles: string[];
  readonly blocked: boolean;
  readonly status: OperatorStatus;
  /** Milliseconds. */
  readonly status_since: number | null;
}

/** The columns of a `PersonRow`; instants are numbers, as the row may travel as JSON. */
export const personColumns = `u.id, u.email, u.first_name, u.last_name, u.roles, u.blocked_at is not null as blocked,
  seats.status, round(extract(epoch from seats.status_at) * 1000)::float8 as status_since`;

const MOST_ID = 2_147_483_647;

const find: Prepared = {
  name: 'operator_find',
  text: `select ${personColumns} from users u join seats on seats.company_id = u.company_id and seats.user_id = u.id
    where u.company_id = $1 and u.id = $2`,
};

/** A user of the company as an operator, whether it may answer or not; undefined where there is none. */
export async function findOperator(
  database: Database,
  companyId: number,
  userId: number,
): Promise<OperatorRecord | undefined> {
  // Sessions keep operators as texts: what is no number, or beyond all ids, names no user.
  if (!Number.isInteger(userId) || userId < 1 || userId > MOST_ID) return undefined;
  const [row] = await database.query<PersonRow>(find, [companyId, userId]);
  return row && operatorOf(row);
}

/** The operator that a user with its seat is. */
export function operatorOf(row: PersonRow): OperatorRecord {
  return {
    id: row.id,
    name: personName(row),
    avatar: null,
    canAnswer: !row.blocked && canAnswer(row.roles),
    status: row.status,
    statusSince: row.status_since,
    usesStatuses: row.status_since !== null,
  };
}
