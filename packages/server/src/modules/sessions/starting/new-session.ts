import { blankSession, givenVariables, type Fresh } from '../state/blank-session.ts';
import { proofBehind } from '../state/session-proof.ts';
import type { HotSession } from '../state/session.ts';
import type { Vault } from '../../../platform/vault.ts';
import { chosenOptions } from './options.ts';
import type { StartRequest } from './request.ts';

/** The session of a start, before its first turn. */
export function newSession(fresh: Fresh, request: StartRequest, vault: Vault): HotSession {
  const { body, chat } = request;
  const options = chosenOptions(body, request, { id: fresh.id, options: {} }, vault);
  const session = blankSession(fresh, chat.companyId, options, givenVariables(body));
  return {
    ...session,
    chatId: chat.id,
    verified: proofBehind(request, fresh.client),
    name: body.name ?? body.clientNameForOperator ?? session.clientName,
    ttl: body.sessionTtl ?? chat.settings.sessionTtl,
  };
}
