import { createHmac } from 'node:crypto';
import { wireDate, type NotifyEventName } from '@molva/contract';
import { notificationNames, type ChatRecord } from '../../chats/index.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { BotTurn, ReadyBot } from './bot-port.ts';
import { shownProof } from './session-proof.ts';
import { outcomeOf } from './outcome.ts';
import { clientIsOnline, dialogIdOf, type HotSession } from './session.ts';

/** An outgoing call, sent in order after the commit. */
export interface Delivery {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message as a push shows it. */
export interface PushedMessage {
  readonly id: string;
  readonly authorName: string;
  readonly body: string;
}

/** Makes the outgoing calls that tell of a session; undefined where nobody is to be told. */
export interface Notifier {
  /** @param confidential what of the data goes to receivers that the company named, and to no others */
  notify(event: NotifyEventName, data: object, now: number, confidential?: object): Delivery | undefined;
  push(session: HotSession, message: PushedMessage): Delivery | undefined;
  /** The calls that tell how a dialog ended, once, at its end. */
  results(session: HotSession): Delivery[];
}

/** The secret for what goes to an address of the session: none where nobody knows who named it. */
function secretFor({ options }: HotSession, chat: ChatRecord): string | null {
  return options.callbacksTrusted === false ? null : chat.settings.callbackSecret;
}

/** Signs a body with a chat's secret, where it has one. */
function signed(url: string, body: unknown, secret: string | null): Delivery {
  const text = JSON.stringify(body);
  return secret === null
    ? { url, body: text }
    : { url, body: text, headers: { 'x-signature': signature(secret, text) } };
}

/** HMAC-SHA256 of a body, in hexadecimal: what every signed call of ours carries as `X-Signature`. */
export function signature(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** The call that takes a bot's answers to the session's callback address, in the documented form. */
export function botCallback(session: HotSession, chat: ChatRecord, bot: ReadyBot, turn: BotTurn): Delivery | undefined {
  const { callbackUrl, callbackData } = session.options;
  if (callbackUrl === undefined) return undefined;
  const body = {
    dialogId: dialogIdOf(session),
    botId: bot.id,
    status: turn.status,
    language: bot.language,
    result: turn.results,
    messages: turn.messages.map((message) => ({
      body: message.body,
      actions: message.actions,
      answers: message.answers,
      attachments: message.attachments,
      substitutions: { nodeId: message.nodeId, botId: bot.id },
      meta: [],
    })),
    callbackData: callbackData ?? null,
  };
  return signed(callbackUrl, body, secretFor(session, chat));
}

function resultCallbacks(session: HotSession, secret: string | null): Delivery[] {
  const { dialog } = session.options;
  return (dialog?.resultCallbacks ?? []).map(({ url, data }) => {
    const body = {
      dialogId: dialogIdOf(session),
      botId: session.botId,
      status: session.botStatus,
      ...outcomeOf(session),
      data: data ?? null,
    };
    return signed(url, body, secret);
  });
}

/** Where pushes go that name no other place. */
const FCM_URL = 'https://fcm.googleapis.com/fcm/send';

/** The session's notifications: its own settings win over the chat's; an empty list asks for none. */
export function notifierFor(session: HotSession, chat: ChatRecord, ids: Ids): Notifier {
  return {
    notify: eventNotifier(session, chat, ids),
    push: pusher(chat),
    results: (ended) => resultCallbacks(ended, chat.settings.callbackSecret),
  };
}

function eventNotifier(session: HotSession, chat: ChatRecord, ids: Ids): Notifier['notify'] {
  const url = session.options.eventCallbackUrl ?? chat.settings.eventCallbackUrl;
  const asked = session.options.notifyOnEvents ?? chat.settings.notifyOnEvents;
  if (url === null || asked.length === 0) return silent;
  const names = new Set<NotifyEventName>(notificationNames(asked));
  const eventCallbackData = session.options.eventCallbackData ?? chat.settings.eventCallbackData;
  const ownAddress = session.options.eventCallbackUrl !== undefined;
  const ofCompany = !ownAddress || session.options.callbacksTrusted !== false;
  return (event, data, now, confidential) => {
    if (!names.has(event)) return undefined;
    const body = {
      event,
      eventId: ids.uuid7(),
      createdAt: wireDate(now),
      chatId: session.chatId,
      sessionId: session.id,
      data: ofCompany ? { ...data, ...confidential } : data,
      verified: shownProof(session.verified),
      eventCallbackData,
    };
    return signed(url, body, ownAddress ? secretFor(session, chat) : chat.settings.callbackSecret);
  };
}

/** Pushes to the client's device what is said while it is away. */
function pusher(chat: ChatRecord): Notifier['push'] {
  const { fcmServerKey, fcmServiceUrl, pushData } = chat.settings;
  if (fcmServerKey === null || fcmServerKey === '') return silent;
  return (session, message) => {
    const to = session.options.clientDeviceId;
    if (to === undefined || clientIsOnline(session)) return undefined;
    const body = {
      to,
      notification: { title: message.authorName, body: message.body },
      data: { ...pushData, sessionId: session.id, messageId: message.id },
    };
    const headers = { authorization: `key=${fcmServerKey}` };
    return { url: fcmServiceUrl || FCM_URL, body: JSON.stringify(body), headers };
  };
}

function silent(): undefined {}
