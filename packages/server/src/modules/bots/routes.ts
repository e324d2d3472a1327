import { Bot, operations } from '@molva/contract';
import { pickFields } from '../../platform/list.ts';
import { created, done, isAdmin, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Bots } from './service.ts';
import { botView } from './view.ts';

const detailFields = Object.keys(Bot.properties);

/** The calls of the module. */
export function botRoutes(bots: Bots): Route[] {
  return [
    route(operations.listBots, async (call) => ok(await bots.page(userOf(call).companyId, call.query))),
    route(operations.createBot, async (call) => {
      const user = userOf(call);
      return created({ id: await bots.create(user.companyId, user.id, call.body) });
    }),
    route(operations.getBot, async (call) => {
      const user = userOf(call);
      const row = await bots.get(call.params.botId, user.companyId);
      const bot = botView(row, await bots.advice(row), isAdmin(user));
      return ok(pickFields([bot], call.query.fields, detailFields)[0]);
    }),
    route(operations.updateBot, async (call) => {
      const user = userOf(call);
      await bots.update(call.params.botId, user.companyId, user.id, call.body);
      return done;
    }),
    route(operations.deleteBot, async (call) => {
      const user = userOf(call);
      await bots.remove(call.params.botId, user.companyId, user.id);
      return done;
    }),
    route(operations.recoverBot, async (call) => {
      const user = userOf(call);
      await bots.recover(call.params.botId, user.companyId, user.id);
      return done;
    }),
    route(operations.copyBot, async (call) =>
      created({ id: await bots.copy(call.params.botId, userOf(call), call.body) }),
    ),
    route(operations.listFacts, async (call) => ok(await bots.facts.page(userOf(call), call.query))),
    route(operations.saveFact, async (call) => ok({ id: await bots.facts.save(userOf(call), call.body) })),
    route(operations.deleteFact, async (call) => {
      await bots.facts.remove(userOf(call), call.params.factId, call.body);
      return done;
    }),
  ];
}
