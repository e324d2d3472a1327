import type { Action, Attachment, DialogAnswer, DialogMessage } from '@molva/contract';
import type { ReadyBot } from '../state/bot-port.ts';
import type { PlacedMessage } from '../state/draft.ts';
import { outcomeOf } from '../state/outcome.ts';
import { dialogIdOf, type HotSession } from '../state/session.ts';
import type { MessageRow } from '../state/message-row.ts';
import { unpackedExtras } from '../state/message-extras.ts';

/** The answer of the bot API; `messages` is null where they go to the callback address. */
export function dialogAnswer(session: HotSession, bot: ReadyBot, messages: DialogMessage[] | null): DialogAnswer {
  return {
    dialogId: dialogIdOf(session),
    botId: bot.id,
    status: session.botStatus,
    language: bot.language,
    result: outcomeOf(session).result,
    messages,
  };
}

/** A bot's message, just written, in the answer of the bot API. */
export function saidMessage(message: PlacedMessage): DialogMessage {
  const { answers = [], attachments = [], actions = [] } = message;
  return dialogMessage(message.body, { answers, attachments, actions }, message.nodeId, message.authorId);
}

/** A bot's message, read back, in the answer of the bot API. */
export function readBackMessage(row: MessageRow): DialogMessage {
  return dialogMessage(row.body, unpackedExtras(row.extras), row.extras?.['nodeId'], row.author_id);
}

function dialogMessage(
  body: string,
  parts: {
    readonly answers: readonly string[];
    readonly attachments: readonly Attachment[];
    readonly actions: readonly Action[];
  },
  nodeId: unknown,
  botId: string,
): DialogMessage {
  return {
    body,
    actions: [...parts.actions],
    answers: [...parts.answers],
    substitutions: { nodeId: typeof nodeId === 'string' ? nodeId : '', botId },
    attachments: [...parts.attachments],
    meta: [],
  };
}
