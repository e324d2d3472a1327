import type { StartDialogBody } from '@molva/contract';
import { Failure } from '../../../platform/failure.ts';
import { jsonBytes } from '../../../platform/stored-size.ts';
import { blankSession, givenVariables, type Fresh } from '../state/blank-session.ts';
import type { Vault } from '../../../platform/vault.ts';
import { withCalls } from '../state/session-calls.ts';
import { MOST_DATA } from '../state/session-data.ts';
import type { HotSession, SessionOptions } from '../state/session.ts';

/** The session of a dialog, before its first turn; throws `data-too-large`. */
export function newDialog(
  fresh: Fresh & { readonly companyId: number; readonly dialogId: string; readonly body: StartDialogBody },
  vault: Vault,
): HotSession {
  const { companyId, dialogId, body } = fresh;
  const { callbackUrl, callbackData, clientTimezoneOffset, clientPhone, messengerUserId, clientExternalId } = body;
  const chosen = {
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
  };
  const own = { ...(callbackUrl && { callbackUrl }), ...(callbackData && { callbackData }) };
  const calls = { own, results: resultCallbacksOf(body) };
  const chosenCalls = callbackUrl !== undefined || calls.results.length > 0;
  const unsealed = { ...given, dialog };
  const options = chosenCalls ? withCalls(unsealed, fresh.id, calls, vault) : unsealed;
  const session = blankSession(fresh, companyId, options, givenVariables(body));
  return { ...session, name: session.clientName, ttl: body.ttl };
}

function resultCallbacksOf({ dialogResultCallbacks: asked = [] }: StartDialogBody): { url: string; data: unknown }[] {
  const list = Array.isArray(asked) ? asked : 'url' in asked ? [asked] : [];
  if (jsonBytes(list) > MOST_DATA) throw new Failure('data-too-large');
  return list.map(({ url, data = null }) => ({ url, data }));
}
