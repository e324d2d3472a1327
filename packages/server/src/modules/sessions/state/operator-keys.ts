/** Timers of a group, or of anybody of a company: those who wait are given to people. */
export const ROUTE_KIND = 'route';
/** Timers of a user: those who wait for it are looked at, as it can take one more. */
export const ROUTE_OPERATOR_KIND = 'route-operator';

/** Keys of due rows are UUIDs: these name what has none. A company is in the first part, a user in the last. */
const EMPTY = '-0000-0000-0000-';

/** The key of whoever waits in a group of the company, or where it is null for anybody of the company. */
export function routeKey(companyId: number, groupId: string | null): string {
  return groupId ?? operatorKey(companyId, 0);
}

/** What a key of those who wait names. */
export function readRouteKey(key: string): { readonly companyId: number } | { readonly groupId: string } {
  const { companyId, userId } = readOperatorKey(key);
  // Ids of groups are random: theirs have their version where these have zeros.
  return key.slice(8, 24) === EMPTY && userId === 0 ? { companyId } : { groupId: key };
}

/** The key of a user of a company. */
export function operatorKey(companyId: number, userId: number): string {
  return `${companyId.toString(16).padStart(8, '0')}${EMPTY}${userId.toString(16).padStart(12, '0')}`;
}

/** The user that a key names. */
export function readOperatorKey(key: string): { readonly companyId: number; readonly userId: number } {
  return { companyId: Number.parseInt(key.slice(0, 8), 16), userId: Number.parseInt(key.slice(-12), 16) };
}
