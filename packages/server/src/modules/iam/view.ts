import type { Role, User } from '@molva/contract';
import type { UserRow } from './store.ts';

/** A user as the wire has it: strings are never null but the phone. */
export function userView(row: UserRow): User {
  return {
    id: row.id,
    companyId: row.company_id,
    firstName: row.first_name,
    lastName: row.last_name,
    middleName: row.middle_name,
    email: row.email,
    phone: row.phone,
    roles: row.roles.map((name) => ({ name: name as Role, company_id: row.company_id })),
    settings: row.settings,
    avatar: null,
  };
}
