import { Bot, BotListItem, MAX_LIMIT, operations } from '@molva/contract';
import { orderOf, pageOf, pickFields, windowOf } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Bots } from './service.ts';
import { botSortColumns } from './store.ts';
import { botListItem, botView } from './view.ts';

const listFields = Object.keys(BotListItem.properties);
const detailFields = Object.keys(Bot.properties);

/** The calls of the module. */
export function botRoutes(bots: Bots): Route[] {
  return [
    route(operations.listBots, async (call) => {
      const { companyId } = userOf(call);
      const deleted = call.query.deleted === 1;
      const order = orderOf(call.query.sort, botSortColumns, [
        { column: 'created_at', direction: 'asc' },
        { column: 'updated_at', direction: 'asc' },
      ]);
      const page = await pageOf(call.query, listFields, {
        items: async () =>
          (await bots.store.page(companyId, deleted, windowOf(call.query, MAX_LIMIT), order)).map(botListItem),
        count: () => bots.store.count(companyId, deleted),
      });
      return ok(page);
    }),
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
