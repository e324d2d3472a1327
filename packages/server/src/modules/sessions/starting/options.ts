import { cut } from '../../../platform/text.ts';
import type { StartSessionBody } from '@molva/contract';
import { subscriberOf } from '../../../platform/address.ts';
import { badField } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { Vault } from '../../../platform/vault.ts';
import { notificationNames, type ChatRecord } from '../../chats/index.ts';
import { callsOf, withCalls, type SessionCalls } from '../state/session-calls.ts';
import type { SessionOptions } from '../state/session.ts';

/** Who names a session's options. */
export interface OptionSource {
  readonly caller: Caller;
  /** Of a user of the chat's company alone. */
  readonly company: object | null;
}

const callFields = [
  'callbackUrl',
  'callbackData',
  'eventCallbackUrl',
  'eventCallbackData',
  'notifyOnEvents',
] as const satisfies readonly (keyof StartSessionBody)[];

/**
 * Refuses what configures the company's calls and comes from nobody of the company: where the chat verifies, with the
 * field and the setting. A chat that does not is an integration of the documented kind, and takes it.
 */
export function checkCalls(body: StartSessionBody, chat: ChatRecord, byCompany: boolean): void {
  const { identityVerification } = chat.settings;
  if (byCompany || identityVerification === 'off') return;
  const field = callFields.find((name) => body[name] !== undefined);
  if (field === undefined) return;
  const reason = `needs a token of the company, as the chat's identityVerification is "${identityVerification}"`;
  throw badField(field, reason);
}

/** The session's own options after a start or continue: what the call names wins over what was there. */
export function chosenOptions(
  body: StartSessionBody,
  { caller, company }: OptionSource,
  { id, options: before }: { readonly id: string; readonly options: SessionOptions },
  vault: Vault,
): SessionOptions {
  const named = {
    clientNameForOperator: body.clientNameForOperator,
    clientDeviceId: body.clientDeviceId,
    clientTimezone: body.clientTimezone,
    clientPhone: body.clientPhone === undefined ? undefined : String(body.clientPhone),
    messengerUserId: body.messengerUserId,
    clientExternalId: body.clientExternalId,
    address: caller.address,
    userAgent: caller.userAgent === null ? undefined : cut(caller.userAgent, 512),
  };
  const options = { ...before, ...given(named) };
  const calls = namedCalls(body);
  if (calls === undefined) return options;
  const { own, visitor, ...rest } = callsOf(before, id, vault);
  const counted = { ...visitor, ...calls, caller: subscriberOf(caller.address) };
  const chosen: SessionCalls =
    company !== null
      ? { ...rest, ...given({ visitor }), own: { ...own, ...calls } }
      : { ...rest, ...given({ own }), visitor: counted };
  return withCalls(options, id, chosen, vault);
}

function namedCalls({
  callbackUrl,
  callbackData,
  eventCallbackUrl,
  eventCallbackData,
  notifyOnEvents,
}: StartSessionBody) {
  const events = notifyOnEvents && notificationNames(notifyOnEvents);
  const calls = given({ callbackUrl, callbackData, eventCallbackUrl, eventCallbackData, notifyOnEvents: events });
  return Object.keys(calls).length === 0 ? undefined : calls;
}

/** Fields of which none is there without a value. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** What is there of some fields. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
