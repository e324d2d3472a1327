import { wireDate, type Chat, type ChatListItem } from '@molva/contract';
import type { ChatRecord } from './store.ts';

/** A chat in detail: every key present; the identity secret is write-only. */
export function chatView(chat: ChatRecord): Chat {
  return {
    id: chat.id,
    companyId: chat.companyId,
    name: chat.name,
    botId: chat.botId,
    botName: chat.botName,
    ...chat.settings,
    identitySecret: null,
    createdAt: wireDate(chat.createdAt),
    updatedAt: wireDate(chat.updatedAt),
  };
}

/** A chat in the list. */
export function chatListItem(chat: ChatRecord): ChatListItem {
  const { settings } = chat;
  return {
    id: chat.id,
    botId: chat.botId,
    name: chat.name,
    botName: chat.botName,
    sessionReloadBotId: settings.sessionReloadBotId,
    sessionReloadBotName: chat.reloadBotName,
    sessionTtl: settings.sessionTtl,
    eventCallbackUrl: settings.eventCallbackUrl,
    eventCallbackData: settings.eventCallbackData,
    messengers: settings.messengers,
    timerFirstAnswer: settings.timerFirstAnswer,
    timerNextAnswers: settings.timerNextAnswers,
    createdAt: wireDate(chat.createdAt),
    updatedAt: wireDate(chat.updatedAt),
  };
}
