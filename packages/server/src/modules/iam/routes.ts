import { operations, wireDate } from '@molva/contract';
import { ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Iam } from './service.ts';
import { userView } from './view.ts';

/** The calls of the module. */
export function iamRoutes(iam: Iam, clock: Clock): Route[] {
  return [
    route(operations.login, async (call) => ok(await iam.login(call.body, call.caller.address))),
    route(operations.refresh, async (call) => ok(await iam.refresh(call.body))),
    route(operations.getMe, async (call) => ok(userView(await iam.me(userOf(call))))),
    route(operations.getTimestamp, async () => {
      const now = clock.now();
      return ok({ timestamp: Math.floor(now / 1000), now: wireDate(now) });
    }),
  ];
}
