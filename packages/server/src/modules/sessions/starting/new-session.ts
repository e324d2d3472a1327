import type { StartSessionBody } from '@molva/contract';
import type { ChatRecord } from '../../chats/index.ts';
import { blankSession, givenVariables, type Fresh } from '../state/blank-session.ts';
import type { HotSession } from '../state/session.ts';
import { chosenOptions, type OptionSource } from './options.ts';

/** The session of a start, before its first turn. */
export function newSession(
  fresh: Fresh,
  request: OptionSource & { readonly body: StartSessionBody; readonly chat: ChatRecord },
): HotSession {
  const { body, chat } = request;
  const options = chosenOptions(body, request, {});
  const session = blankSession(fresh, chat.companyId, options, givenVariables(body));
  return {
    ...session,
    chatId: chat.id,
    name: body.name ?? body.clientNameForOperator ?? session.clientName,
    ttl: body.sessionTtl ?? chat.settings.sessionTtl,
  };
}
