import { wireDate, type StartDialogBody, type StartSessionBody } from '@molva/contract';
import type { ChatRecord } from '../chats/index.ts';
import type { ClientRow } from '../clients/index.ts';
import type { BotStart, ReadyBot } from './bot-port.ts';
import { clientName } from './load.ts';
import { chosenOptions } from './options.ts';
import type { HotSession, SessionOptions } from './session.ts';
import type { StartCall } from './start.ts';

/** What a session is made of that no caller chooses. */
interface Fresh {
  readonly id: string;
  readonly client: ClientRow;
  readonly bot: ReadyBot;
  readonly now: number;
}

/** The session of a start, before its first turn. */
export function newSession(
  fresh: Fresh,
  request: Pick<StartCall, 'body' | 'caller'> & { readonly chat: ChatRecord; readonly trusted: boolean },
): HotSession {
  const { body, chat } = request;
  const options = chosenOptions(body, request, {});
  const session = blank(fresh, chat.companyId, options, givenVariables(body));
  return {
    ...session,
    chatId: chat.id,
    name: body.name ?? body.clientNameForOperator ?? session.clientName,
    ttl: body.sessionTtl ?? chat.settings.sessionTtl,
  };
}

/** The session of a dialog, before its first turn. */
export function newDialog(
  fresh: Fresh & { readonly companyId: number; readonly dialogId: string; readonly body: StartDialogBody },
): HotSession {
  const { companyId, dialogId, body } = fresh;
  const { callbackUrl, callbackData, clientTimezoneOffset, clientPhone, messengerUserId, clientExternalId } = body;
  const chosen = {
    callbackUrl,
    callbackData,
    clientTimezone: clientTimezoneOffset,
    clientPhone: clientPhone === undefined ? undefined : String(clientPhone),
    messengerUserId,
    clientExternalId,
  };
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)) as SessionOptions;
  const dialog = {
    id: dialogId,
    test: body.testMode === true,
    answersLater: body.returnAnswerAsync === true,
    told: 0,
    resultCallbacks: resultCallbacksOf(body),
  };
  const session = blank(fresh, companyId, { ...given, dialog }, givenVariables(body));
  return { ...session, name: session.clientName, ttl: body.ttl };
}

function resultCallbacksOf({ dialogResultCallbacks: asked = [] }: StartDialogBody): { url: string; data: unknown }[] {
  const list = Array.isArray(asked) ? asked : 'url' in asked ? [asked] : [];
  return list.map(({ url, data = null }) => ({ url, data }));
}

function blank(
  { id, client, bot, now }: Fresh,
  companyId: number,
  options: SessionOptions,
  given: BotStart,
): HotSession {
  const clientsName = clientName({ ...client, options, client_name: client.name });
  return {
    id,
    companyId,
    chatId: null,
    clientId: client.id,
    clientName: clientsName,
    clientBanned: false,
    name: clientsName,
    startedAt: now,
    version: 1,
    ttl: 0,
    status: 'ACTIVE',
    botStatus: 'WAIT',
    botId: bot.id,
    bot: { state: bot.begin(given), started: false, wake: null },
    operatorType: 'BOT',
    operatorId: bot.id,
    operatorName: bot.name,
    operatorAssignedAt: now,
    operators: [{ id: null, name: bot.name, type: 'BOT', assigned_at: wireDate(now) }],
    closedAt: null,
    result: null,
    operatorResult: null,
    markedAsSpam: false,
    handOver: null,
    options,
    lastSeq: 0,
    lastEventSeq: 0,
    unread: 0,
    lastMessageAt: null,
    clientOnlineAt: null,
    clientOfflineAt: null,
    lastOperatorMessageAt: null,
    firstClientMessageAfterAt: null,
  };
}

/** What a start gives the bot to begin with. */
export function givenVariables(body: Pick<StartSessionBody, 'clientMetadata' | 'variables'>): BotStart {
  return { clientMetadata: body.clientMetadata ?? {}, variables: body.variables ?? {} };
}
