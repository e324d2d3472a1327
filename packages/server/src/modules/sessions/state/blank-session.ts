import { wireDate, type StartSessionBody } from '@molva/contract';
import type { ClientRow } from '../../clients/index.ts';
import type { BotStart, ReadyBot } from './bot-port.ts';
import { clientName } from './client-name.ts';
import { born } from './column.ts';
import { storedColumns } from './columns.ts';
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
  const clientsName = clientName([client.name, client.first_name, client.last_name], options);
  return {
    ...born(storedColumns),
    id,
    companyId,
    chatId: null,
    clientId: client.id,
    clientName: clientsName,
    clientBanned: false,
    name: clientsName,
    startedAt: now,
    botId: bot.id,
    bot: { state: bot.begin(given), started: false, wake: null },
    operatorId: bot.id,
    operatorName: bot.name,
    operatorAssignedAt: now,
    operators: [{ id: null, name: bot.name, type: 'BOT', assigned_at: wireDate(now) }],
    options,
  };
}

/** What a start gives the bot to begin with. */
export function givenVariables(body: Pick<StartSessionBody, 'clientMetadata' | 'variables'>): BotStart {
  return { clientMetadata: body.clientMetadata ?? {}, variables: body.variables ?? {} };
}
