import { Bot, operations } from '@molva/contract';
import { pickFields } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Bots } from './service.ts';
import { botListItem, botView } from './view.ts';

const detailFields = Object.keys(Bot.properties);

/** The calls of the module. */
export function botRoutes(bots: Bots): Route[] {
  return [
    route(operations.listBots, async (call) =>
      ok(await bots.store.page(userOf(call).companyId, call.query.deleted === 1, call.query, botListItem)),
    ),
    route(operations.createBot, async (call) => {
      const user = userOf(call);
      return created({ id: await bots.create(user.companyId, user.id, call.body) });
    }),
    route(operations.getBot, async (call) => {
      const bot = botView(await bots.get(call.params.botId, userOf(call).companyId));
      return ok(pickFields([bot], call.query.fields, detailFields)[0]);
    }),
    route(operations.updateBot, async (call) => {
      const user = userOf(call);
      await bots.update(call.params.botId, user.companyId, user.id, call.body);
      return done;
    }),
  ];
}
