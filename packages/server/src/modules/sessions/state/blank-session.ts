import { wireDate, type StartSessionBody } from '@molva/contract';
import type { ClientRow } from '../../clients/index.ts';
import type { BotStart, ReadyBot } from './bot-port.ts';
import { clientName } from './load.ts';
import type { HotSession, SessionOptions } from './session.ts';

/** What a session is made of that no caller chooses. */
export interface Fresh {
  readonly id: string;
  readonly client: ClientRow;
  readonly bot: ReadyBot;
  readonly now: number;
}

/** A session that just began with its bot, with no name or life of its own yet. */
export function blankSession(
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
