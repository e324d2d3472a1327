import { Chat, ChatListItem, operations } from '@molva/contract';
import { orderOf, pageOf, pickFields, windowOf } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Chats } from './service.ts';
import { chatSortColumns } from './store.ts';
import { chatListItem, chatView } from './view.ts';

const listFields = Object.keys(ChatListItem.properties);
const detailFields = Object.keys(Chat.properties);

/** The calls of the module. */
export function chatRoutes(chats: Chats): Route[] {
  return [
    route(operations.listChats, async (call) => {
      const { companyId } = userOf(call);
      const order = orderOf(call.query.sort, chatSortColumns, [{ column: 'chats.created_at', direction: 'desc' }]);
      const page = await pageOf(call.query, listFields, {
        items: async () =>
          (await chats.store.list(companyId, call.query, windowOf(call.query), order)).map(chatListItem),
        count: () => chats.store.count(companyId, call.query),
      });
      return ok(page);
    }),
    route(operations.createChat, async (call) =>
      created({ id: await chats.create(userOf(call).companyId, call.body) }),
    ),
    route(operations.getChat, async (call) => {
      const chat = chatView(await chats.get(call.params.chatId, userOf(call).companyId));
      return ok(pickFields([chat], call.query.fields, detailFields)[0]);
    }),
    route(operations.updateChat, async (call) => {
      await chats.update(call.params.chatId, userOf(call).companyId, call.body);
      return done;
    }),
    route(operations.deleteChat, async (call) => {
      await chats.delete(call.params.chatId, userOf(call).companyId);
      return done;
    }),
  ];
}
