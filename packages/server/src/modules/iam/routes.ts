import { operations, User, wireDate } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { pickFields } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import { companyRoutes } from './company-routes.ts';
import type { Iam } from './service.ts';
import { settingDefinitions } from './setting-definitions.ts';
import { currentUserView, userListItem, userView } from './view.ts';

const userFields = Object.keys(User.properties);

/** The calls of the module. */
export function iamRoutes(iam: Iam, clock: Clock): Route[] {
  return [
    ...loginRoutes(iam),
    ...userRoutes(iam),
    ...settingRoutes(iam),
    ...companyRoutes(iam),
    route(operations.getTimestamp, async () => {
      const now = clock.now();
      return ok({ timestamp: Math.floor(now / 1000), now: wireDate(now) });
    }),
  ];
}

function loginRoutes({ logins, tokens }: Iam): Route[] {
  return [
    route(operations.login, async (call) =>
      ok(await logins.login(call.body, { address: call.caller.address, earlierToken: bearerOf(call.header) })),
    ),
    route(operations.refresh, async (call) => ok(await logins.refresh(call.body))),
    route(operations.logout, async (call) => {
      await logins.logout(call.body.refreshToken);
      return done;
    }),
    route(operations.getKeys, async () => ok(await tokens.keySet())),
    route(operations.changePassword, async (call) => {
      await logins.changePassword(userOf(call).id, call.body, call.caller.address);
      return done;
    }),
  ];
}

/** The token a call brings though it needs none. */
function bearerOf(header: (name: string) => string | undefined): string | undefined {
  return header('authorization')
    ?.replace(/^Bearer\s+/i, '')
    .trim();
}

function userRoutes(iam: Iam): Route[] {
  const { users } = iam;
  return [
    route(operations.getMe, async (call) => {
      const viewer = userOf(call);
      const { user, groupIds } = await iam.me(viewer);
      return ok(currentUserView(user, viewer, groupIds));
    }),
    route(operations.listUsers, async (call) => {
      const viewer = userOf(call);
      return ok(await users.list(viewer, call.query, (row) => userListItem(row, viewer)));
    }),
    route(operations.getUser, async (call) => {
      const viewer = userOf(call);
      const user = userView(await users.get(call.params.userId, viewer), viewer);
      return ok(pickFields([user], call.query.fields, userFields)[0]);
    }),
    route(operations.createUser, async (call) =>
      created({ id: await users.create(userOf(call).companyId, call.body) }),
    ),
    route(operations.updateUser, async (call) => {
      await users.update(call.params.userId, userOf(call).companyId, call.body);
      return done;
    }),
  ];
}

function settingRoutes({ users }: Iam): Route[] {
  return [
    route(operations.getSettingDefinitions, async () => ok(settingDefinitions)),
    route(operations.getMySettings, async (call) => {
      const user = userOf(call);
      return ok({ settings: await users.settings(user.id, user, call.query.keys) });
    }),
    route(operations.setMySettings, async (call) => {
      const user = userOf(call);
      await users.setSettings(user.id, user.companyId, call.body);
      return done;
    }),
    route(operations.getUserSettings, async (call) =>
      ok({ settings: await users.settings(call.params.userId, userOf(call), call.query.keys) }),
    ),
    route(operations.setUserSettings, async (call) => {
      await users.setSettings(call.params.userId, userOf(call).companyId, call.body);
      return done;
    }),
  ];
}
