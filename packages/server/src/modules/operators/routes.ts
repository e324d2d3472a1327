import { Group, operations } from '@molva/contract';
import { pickFields } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Operators } from './service.ts';
import { groupView } from './view.ts';

const groupFields = Object.keys(Group.properties);

/** The calls of the module. */
export function operatorRoutes(operators: Operators): Route[] {
  return [...statusRoutes(operators), ...groupRoutes(operators), ...memberRoutes(operators)];
}

function statusRoutes(operators: Operators): Route[] {
  return [
    route(operations.activateMe, async (call) => {
      await operators.activate(userOf(call));
      return done;
    }),
    route(operations.deactivateMe, async (call) => {
      await operators.deactivate(userOf(call), call.body.status);
      return done;
    }),
  ];
}

function groupRoutes(operators: Operators): Route[] {
  return [
    route(operations.listGroups, async (call) =>
      ok(await operators.groups.page(userOf(call).companyId, call.query, groupView)),
    ),
    route(operations.createGroup, async (call) =>
      created({ id: await operators.createGroup(userOf(call).companyId, call.body) }),
    ),
    route(operations.getGroup, async (call) => {
      const view = groupView(await operators.getGroup(userOf(call).companyId, call.params.groupId));
      return ok(pickFields([view], call.query.fields, groupFields)[0]);
    }),
    route(operations.updateGroup, async (call) => {
      await operators.updateGroup(userOf(call).companyId, call.params.groupId, call.body);
      return done;
    }),
    route(operations.deleteGroup, async (call) => {
      await operators.deleteGroup(userOf(call).companyId, call.params.groupId);
      return done;
    }),
  ];
}

function memberRoutes(operators: Operators): Route[] {
  return [
    route(operations.addGroupOperator, async (call) => {
      const { groupId, operatorId } = call.params;
      await operators.addToGroup(userOf(call).companyId, groupId, operatorId);
      return done;
    }),
    route(operations.removeGroupOperator, async (call) => {
      const { groupId, operatorId } = call.params;
      await operators.removeFromGroup(userOf(call).companyId, groupId, operatorId);
      return done;
    }),
  ];
}
