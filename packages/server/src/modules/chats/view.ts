import { wireDate, type Chat, type ChatForWidget, type ChatListItem, type ChatSettings } from '@molva/contract';
import type { ChatRecord } from './store.ts';

/**
 * A chat in detail: every key present. Its secrets are write-only, but the documented ones, which administrators read
 * back.
 */
export function chatView(chat: ChatRecord, forAdmin: boolean): Chat {
  return {
    id: chat.id,
    companyId: chat.companyId,
    name: chat.name,
    botId: chat.botId,
    botName: chat.botName,
    ...(forAdmin ? chat.settings : withoutSecrets(chat.settings)),
    identitySecret: null,
    callbackSecret: null,
    createdAt: wireDate(chat.createdAt),
    updatedAt: wireDate(chat.updatedAt),
  };
}

/** Settings as those see them who are no administrators: without keys, tokens, and addresses and data that may hold some. */
function withoutSecrets(settings: ChatSettings): ChatSettings {
  return {
    ...settings,
    eventCallbackUrl: null,
    eventCallbackData: null,
    fcmServerKey: null,
    fcmServiceUrl: null,
    messengers: Object.fromEntries(Object.keys(settings.messengers).map((name) => [name, {}])),
  };
}

/** A chat in the list. */
export function chatListItem(chat: ChatRecord, forAdmin: boolean): ChatListItem {
  const settings = forAdmin ? chat.settings : withoutSecrets(chat.settings);
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
