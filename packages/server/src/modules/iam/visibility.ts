import type { ExpressionBuilder } from 'kysely';
import { isAdmin, type Caller } from '../../platform/route.ts';
import type { Tables } from '../../platform/tables.ts';

/** The user who looks. */
export type Viewer = NonNullable<Caller['user']>;

/** Whether a viewer may see the settings of a user: its own, and as an administrator those of all it may see. */
export function seesSettings(viewer: Viewer, userId: number): boolean {
  return isAdmin(viewer) || viewer.id === userId;
}

/** The companies a viewer may see: its own, and for an administrator those that depend on it. */
export function visibleTo(of: ExpressionBuilder<Tables, 'companies'>, viewer: Viewer) {
  const own = of('companies.id', '=', viewer.companyId);
  return isAdmin(viewer) ? of.or([own, of('companies.reseller_id', '=', viewer.companyId)]) : own;
}
