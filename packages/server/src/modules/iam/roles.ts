import type { Role } from '@molva/contract';

/** Roles whose users answer in sessions. */
export const answeringRoles: readonly string[] = ['ADMIN', 'SUPERVISOR', 'OPERATOR'] satisfies Role[];

/** Whether somebody with these roles may answer in sessions. */
export function canAnswer(roles: readonly string[]): boolean {
  return roles.some((role) => answeringRoles.includes(role));
}

/** What a key may do: its own roles as far as its user still has them. A key may always be an API. */
export function rolesOfKey(granted: readonly string[], user: readonly string[]): string[] {
  return granted.filter((role) => role === 'API' || user.includes(role));
}
