import { wireDate, type NotifyEventName } from '@molva/contract';
import { notificationNames, type ChatRecord } from '../chats/index.ts';
import type { Ids } from '../../platform/ids.ts';
import type { BotMessage, BotTurn, ReadyBot } from './bot-port.ts';
import type { Delivery, Notifier } from './draft.ts';
import type { HotSession } from './session.ts';

/** The call that takes a bot's answers to the session's callback address, in the documented form. */
export function botCallback(
  session: HotSession,
  bot: ReadyBot,
  turn: BotTurn,
  spoken: readonly BotMessage[],
): Delivery | undefined {
  const { callbackUrl, callbackData } = session.options;
  if (callbackUrl === undefined) return undefined;
  const body = {
    dialogId: session.id,
    botId: bot.id,
    status: turn.status,
    language: bot.language,
    result: turn.results,
    messages: spoken.map((message) => ({
      body: message.body,
      actions: message.actions,
      answers: message.answers,
      attachments: message.attachments,
      substitutions: { nodeId: message.nodeId, botId: bot.id },
      meta: [],
    })),
    callbackData: callbackData ?? null,
  };
  return { url: callbackUrl, body: JSON.stringify(body) };
}

/** The session's notifications: its own settings win over the chat's; an empty list asks for none. */
export function notifierFor(session: HotSession, chat: ChatRecord, ids: Ids): Notifier {
  const url = session.options.eventCallbackUrl ?? chat.settings.eventCallbackUrl;
  const asked = session.options.notifyOnEvents ?? chat.settings.notifyOnEvents;
  if (url === null || asked.length === 0) return silent;
  const names = new Set<NotifyEventName>(notificationNames(asked));
  const eventCallbackData = session.options.eventCallbackData ?? chat.settings.eventCallbackData;
  return (event, data, now) => {
    if (!names.has(event)) return undefined;
    const body = {
      event,
      eventId: ids.uuid7(),
      createdAt: wireDate(now),
      chatId: session.chatId,
      sessionId: session.id,
      data,
      eventCallbackData,
    };
    return { url, body: JSON.stringify(body) };
  };
}

const silent: Notifier = () => undefined;
