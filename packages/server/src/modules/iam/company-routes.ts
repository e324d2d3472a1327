import { operations } from '@molva/contract';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Iam } from './service.ts';
import { apiKeyView, auditView, companyView } from './view.ts';

/** The calls about companies, their keys and their audit log. */
export function companyRoutes({ companies, keys, audit }: Iam): Route[] {
  return [
    route(operations.listCompanies, async (call) => ok(await companies.list(userOf(call), call.query, companyView))),
    route(operations.getCompany, async (call) =>
      ok(companyView(await companies.get(call.params.companyId, userOf(call)))),
    ),
    route(operations.createCompany, async (call) => created(await companies.create(userOf(call), call.body))),
    route(operations.updateCompany, async (call) => {
      await companies.rename(call.params.companyId, userOf(call), call.body.name);
      return done;
    }),
    route(operations.getCompanySettings, async (call) =>
      ok({ settings: await companies.settings(call.params.companyId, userOf(call), call.query.keys) }),
    ),
    route(operations.setCompanySettings, async (call) => {
      await companies.setSettings(call.params.companyId, userOf(call), call.body);
      return done;
    }),
    route(operations.listApiKeys, async (call) => ok(await keys.list(userOf(call).companyId, call.query, apiKeyView))),
    route(operations.createApiKey, async (call) => created(await keys.create(userOf(call), call.body))),
    route(operations.deleteApiKey, async (call) => {
      await keys.delete(call.params.apiKeyId, userOf(call).companyId);
      return done;
    }),
    route(operations.listAudit, async (call) => ok(await audit.list(userOf(call).companyId, call.query, auditView))),
  ];
}
