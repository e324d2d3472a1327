import type { StartSessionBody } from '@molva/contract';
import { wireDate } from '@molva/contract';
import type { ChatRecord } from '../chats/index.ts';
import type { BotStart, ReadyBot } from './bot-port.ts';
import type { ClientRow } from './clients.ts';
import { clientName } from './load.ts';
import { chosenOptions } from './options.ts';
import type { HotSession } from './session.ts';
import type { StartCall } from './start.ts';

/** The session of a start, before its first turn. */
export function newSession(
  id: string,
  request: Pick<StartCall, 'body' | 'caller'> & { readonly chat: ChatRecord },
  client: ClientRow,
  bot: ReadyBot,
  now: number,
): HotSession {
  const { body, chat, caller } = request;
  const options = chosenOptions(body, caller, {});
  const name = clientName({ ...client, client_name: client.name });
  return {
    id,
    companyId: chat.companyId,
    chatId: chat.id,
    clientId: client.id,
    clientName: name,
    clientBanned: false,
    name: body.name ?? body.clientNameForOperator ?? name,
    startedAt: now,
    version: 1,
    ttl: body.sessionTtl ?? chat.settings.sessionTtl,
    status: 'ACTIVE',
    botStatus: 'WAIT',
    botId: bot.id,
    bot: { state: bot.begin(givenVariables(body)), started: false, wake: null },
    operatorType: 'BOT',
    operatorId: bot.id,
    operatorName: bot.name,
    operatorAssignedAt: now,
    operators: [{ id: null, name: bot.name, type: 'BOT', assigned_at: wireDate(now) }],
    closedAt: null,
    result: null,
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
export function givenVariables(body: StartSessionBody): BotStart {
  return { clientMetadata: body.clientMetadata ?? {}, variables: body.variables ?? {} };
}
