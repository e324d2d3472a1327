import { wireDate, type Chat, type ChatForWidget, type ChatListItem } from '@molva/contract';
import type { ChatRecord } from './store.ts';

/**
 * A chat in detail: every key present. Its secrets are write-only, but the documented push key, which administrators
 * read back.
 */
export function chatView(chat: ChatRecord, forAdmin: boolean): Chat {
  return {
    id: chat.id,
    companyId: chat.companyId,
    name: chat.name,
    botId: chat.botId,
    botName: chat.botName,
    ...chat.settings,
    identitySecret: null,
    callbackSecret: null,
    fcmServerKey: forAdmin ? chat.settings.fcmServerKey : null,
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

/** A chat as the page that shows it may know it. */
export function widgetView({ id, name, settings }: ChatRecord): ChatForWidget {
  const { form, references, appearance, ratingType, ratingText, identityVerification } = settings;
  const { sessionRatingRequired, sessionRatingTriggerTime } = settings;
  return {
    id,
    name,
    form,
    references,
    appearance,
    ratingType,
    ratingText,
    sessionRatingRequired,
    sessionRatingTriggerTime,
    identityVerification,
  };
}
