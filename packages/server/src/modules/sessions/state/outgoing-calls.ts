import { DEVICE_TOKEN, wireDate, type NotifyEventName } from '@molva/contract';
import { notificationNames, type ChatRecord } from '../../chats/index.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { Vault } from '../../../platform/vault.ts';
import type { BotTurn, ReadyBot } from './bot-port.ts';
import { shownProof } from './session-proof.ts';
import { outcomeOf } from './outcome.ts';
import { callsOf, type NamedCalls, type SessionCalls } from './session-calls.ts';
import { clientIsOnline, dialogIdOf, type HotSession } from './session.ts';

/** An outgoing call, sent in order after the commit. */
export interface Delivery {
  readonly url: string;
  readonly body: string;
  /** What it proves itself by when it is sent: a signature with the secret of that moment, or the key for pushes. */
  readonly proof: 'signature' | 'push' | null;
  /** Whom it is counted for, where a visitor named its address; null: the company did. */
  readonly caller: string | null;
}

/** What calls prove themselves by; null where the company has set none. */
export interface CallProofs {
  readonly secret: string | null;
  readonly pushKey: string | null;
}

/** A message as a push shows it. */
export interface PushedMessage {
  readonly id: string;
  readonly authorName: string;
  readonly body: string;
}

/** Makes the outgoing calls that tell of a session; none where nobody is to be told. */
export interface Notifier {
  /** @param confidential what of the data goes to receivers that the company named, and to no others */
  notify(event: NotifyEventName, data: object, now: number, confidential?: object): Delivery[];
  push(session: HotSession, message: PushedMessage): Delivery[];
  /** The calls that take a bot's answers to the session's callback addresses, in the documented form. */
  answers(session: HotSession, bot: ReadyBot, turn: BotTurn): Delivery[];
  /** The calls that tell how a dialog ended, once, at its end. */
  results(session: HotSession): Delivery[];
}

/** A call to an address that the company named. */
function ofCompany(url: string, body: unknown): Delivery {
  return { url, body: JSON.stringify(body), proof: 'signature', caller: null };
}

/** A call to an address that a visitor named: nothing of the company vouches for it. */
function ofVisitor(url: string, body: unknown, { caller }: NonNullable<SessionCalls['visitor']>): Delivery {
  return { url, body: JSON.stringify(body), proof: null, caller };
}

/** The notifier of a session; what the company chose for the session wins over the chat's, what a visitor did stands beside. */
export function notifierFor(session: HotSession, chat: ChatRecord, ids: Ids, vault: Vault): Notifier {
  const calls = ({ options, id }: HotSession): SessionCalls => callsOf(options, id, vault);
  return {
    notify: eventNotifier(session, calls(session), chat, ids),
    push: pusher(chat),
    answers: (answering, bot, turn) => botCallbacks(answering, calls(answering), bot, turn),
    results: (ended) => resultCallbacks(ended, calls(ended)),
  };
}

function botCallbacks(session: HotSession, { own, visitor }: SessionCalls, bot: ReadyBot, turn: BotTurn): Delivery[] {
  const body = ({ callbackData }: NamedCalls) => ({
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
  });
  return [
    ...(own?.callbackUrl === undefined ? [] : [ofCompany(own.callbackUrl, body(own))]),
    ...(visitor?.callbackUrl === undefined ? [] : [ofVisitor(visitor.callbackUrl, body(visitor), visitor)]),
  ];
}

function resultCallbacks(session: HotSession, { results = [] }: SessionCalls): Delivery[] {
  return results.map(({ url, data }) =>
    ofCompany(url, {
      dialogId: dialogIdOf(session),
      botId: session.botId,
      status: session.botStatus,
      ...outcomeOf(session),
      data: data ?? null,
    }),
  );
}

function eventNotifier(session: HotSession, calls: SessionCalls, chat: ChatRecord, ids: Ids): Notifier['notify'] {
  const { own, visitor } = calls;
  const url = own?.eventCallbackUrl ?? chat.settings.eventCallbackUrl;
  const asked = own?.notifyOnEvents ?? chat.settings.notifyOnEvents;
  const ownData = own?.eventCallbackData ?? chat.settings.eventCallbackData;
  const names = new Set<NotifyEventName>(url === null ? [] : notificationNames(asked));
  const wanted =
    visitor?.eventCallbackUrl === undefined ? [] : (visitor.notifyOnEvents ?? chat.settings.notifyOnEvents);
  const visited = new Set<NotifyEventName>(notificationNames(wanted));
  // What people make of a session is for the company alone.
  visited.delete('SESSION_SPAM');
  if (names.size === 0 && visited.size === 0) return silent;
  return (event, data, now, confidential) => {
    const body = (said: object, eventCallbackData: string | null) => ({
      event,
      eventId: ids.uuid7(),
      createdAt: wireDate(now),
      chatId: session.chatId,
      sessionId: session.id,
      data: said,
      verified: shownProof(session.verified),
      eventCallbackData,
    });
    const told: Delivery[] = [];
    if (url !== null && names.has(event)) told.push(ofCompany(url, body({ ...data, ...confidential }, ownData)));
    if (visitor?.eventCallbackUrl !== undefined && visited.has(event)) {
      told.push(ofVisitor(visitor.eventCallbackUrl, body(data, visitor.eventCallbackData ?? null), visitor));
    }
    return told;
  };
}

/** Where pushes go that name no other place. */
const FCM_URL = 'https://fcm.googleapis.com/fcm/send';

const DEVICE = new RegExp(DEVICE_TOKEN);

/** Pushes to the client's device what is said while it is away. */
function pusher(chat: ChatRecord): Notifier['push'] {
  const { fcmServerKey, fcmServiceUrl, pushData } = chat.settings;
  if (fcmServerKey === null || fcmServerKey === '') return silent;
  return (session, message) => {
    const to = session.options.clientDeviceId ?? '';
    // Sessions of before may have something that is no device.
    if (to === '' || !DEVICE.test(to) || clientIsOnline(session)) return [];
    const body = {
      to,
      notification: { title: message.authorName, body: message.body },
      data: { ...pushData, sessionId: session.id, messageId: message.id },
    };
    return [{ url: fcmServiceUrl || FCM_URL, body: JSON.stringify(body), proof: 'push', caller: null }];
  };
}

function silent(): [] {
  return [];
}
