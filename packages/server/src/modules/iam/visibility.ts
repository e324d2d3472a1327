import type { ExpressionBuilder } from 'kysely';
import type { Caller } from '../../platform/route.ts';
import type { Tables } from '../../platform/tables.ts';

/** The user who looks. */
export type Viewer = NonNullable<Caller['user']>;

/** Whether the viewer's rights reach the companies that depend on its own. */
export function seesDependents(viewer: Viewer): boolean {
  return viewer.roles.includes('ADMIN');
}

/** The companies a viewer may see: its own, and for an administrator those that depend on it. */
export function visibleTo(of: ExpressionBuilder<Tables, 'companies'>, viewer: Viewer) {
  const own = of('companies.id', '=', viewer.companyId);
  return seesDependents(viewer) ? of.or([own, of('companies.reseller_id', '=', viewer.companyId)]) : own;
}
