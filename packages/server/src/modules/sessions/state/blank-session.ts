import { wireDate, type StartSessionBody } from '@molva/contract';
import type { ClientRow } from '../../clients/index.ts';
import type { BotStart, ReadyBot } from './bot-port.ts';
import { clientName } from './client-name.ts';
import { born } from './column.ts';
import { storedColumns } from './columns.ts';
import { documented } from './floor-view.ts';
import type { Floor } from './floor.ts';
import { checkData } from './session-data.ts';
import type { HotSession, SessionOptions } from './session.ts';

/** What a session is made of that no caller chooses. */
export interface Fresh {
  readonly id: string;
  readonly client: ClientRow;
  readonly bot: ReadyBot;
  readonly now: number;
}

const silent = { is: 'silent', until: 'message', at: null } as const;

/**
 * A session that just began with its bot, with no name or life of its own yet: the bot has not spoken. Throws
 * `data-too-large`.
 */
export function blankSession(
  { id, client, bot, now }: Fresh,
  companyId: number,
  options: SessionOptions,
  given: BotStart,
): HotSession {
  const clientsName = clientName([client.name, client.first_name, client.last_name], options);
  const named = { id: bot.id, name: bot.name };
  const state = bot.begin(given);
  checkData(null, state);
  const floor: Floor = { at: 'bot', bot: named, since: now, phase: silent, role: 'first', wish: null };
  const fields = born(storedColumns);
  return {
    ...fields,
    ...documented(floor, { ...fields, operatorId: '', operatorName: '', operatorAssignedAt: null }, null, false),
    floor,
    id,
    companyId,
    chatId: null,
    clientId: client.id,
    clientName: clientsName,
    clientBanned: false,
    name: clientsName,
    startedAt: now,
    botId: bot.id,
    bot: { state },
    operators: [{ id: null, name: bot.name, type: 'BOT', assigned_at: wireDate(now) }],
    options,
  };
}

/** What a start gives the bot to begin with. */
export function givenVariables(body: Pick<StartSessionBody, 'clientMetadata' | 'variables'>): BotStart {
  return { clientMetadata: body.clientMetadata ?? {}, variables: body.variables ?? {} };
}
