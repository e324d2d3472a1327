import { Chat, operations } from '@molva/contract';
import { pickFields } from '../../platform/list.ts';
import { created, done, isAdmin, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Chats } from './service.ts';
import { chatListItem, chatView, widgetView } from './view.ts';

const detailFields = Object.keys(Chat.properties);

/** The calls of the module. */
export function chatRoutes(chats: Chats): Route[] {
  return [
    route(operations.listChats, async (call) => {
      const user = userOf(call);
      return ok(await chats.store.list(user.companyId, call.query, (chat) => chatListItem(chat, isAdmin(user))));
    }),
    route(operations.createChat, async (call) =>
      created({ id: await chats.create(userOf(call).companyId, call.body) }),
    ),
    route(operations.getChat, async (call) => {
      const user = userOf(call);
      const chat = chatView(await chats.get(call.params.chatId, user.companyId), isAdmin(user));
      return ok(pickFields([chat], call.query.fields, detailFields)[0]);
    }),
    route(operations.getChatForWidget, async (call) => ok(widgetView(await chats.open(call.params.chatId)))),
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
