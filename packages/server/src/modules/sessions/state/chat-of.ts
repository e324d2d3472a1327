import { defaultChatSettings } from '@molva/contract';
import type { ChatRecord, Chats } from '../../chats/index.ts';
import type { HotSession } from './session.ts';

/** What a company sets for the dialogs of its bots. */
export interface CompanyRules {
  /** What signs the calls of a company's dialogs; null where it set none. */
  callbackSecret(companyId: number): Promise<string | null>;
}

/** Where the rules of a session come from. */
export interface RuleSource {
  readonly chats: Pick<Chats, 'evenDeleted'>;
  readonly companies: CompanyRules;
}

/** The chat a session belongs to, deleted or not; a dialog of the bot API has the rules of a chat nobody configured. */
export async function chatOf(
  session: Pick<HotSession, 'chatId' | 'companyId' | 'botId'>,
  rules: RuleSource,
): Promise<ChatRecord> {
  if (session.chatId !== null) return rules.chats.evenDeleted(session.chatId);
  const callbackSecret = await rules.companies.callbackSecret(session.companyId);
  return {
    id: '',
    companyId: session.companyId,
    name: '',
    botId: session.botId,
    botName: '',
    reloadBotName: null,
    settings: { ...defaultChatSettings, callbackSecret },
    createdAt: 0,
    updatedAt: 0,
    deletedAt: null,
  };
}
