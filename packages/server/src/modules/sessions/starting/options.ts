import { cut } from '../../../platform/text.ts';
import type { StartSessionBody } from '@molva/contract';
import type { Caller } from '../../../platform/route.ts';
import { notificationNames, type ChatRecord } from '../../chats/index.ts';
import type { SessionOptions } from '../state/session.ts';

/** Who names a session's options, as far as the addresses in them go. */
export interface OptionSource {
  readonly caller: Caller;
  /** A user of the company, or a chat that trusts everybody. */
  readonly trusted: boolean;
  readonly chat: Pick<ChatRecord, 'settings'>;
}

/**
 * The session's own options after a start or continue: what the call names wins over what was there. Where the chat
 * verifies, nobody unknown can have its calls sent elsewhere.
 */
export function chosenOptions(body: StartSessionBody, source: OptionSource, before: SessionOptions): SessionOptions {
  const { caller, trusted, chat } = source;
  const { callbackUrl, callbackData, eventCallbackUrl, eventCallbackData } = body;
  const notifyOnEvents = body.notifyOnEvents && notificationNames(body.notifyOnEvents);
  const calls = { callbackUrl, callbackData, eventCallbackUrl, eventCallbackData, notifyOnEvents };
  const heard = trusted || chat.settings.identityVerification === 'off';
  const addressed = callbackUrl !== undefined || eventCallbackUrl !== undefined;
  const named = {
    ...(heard ? calls : {}),
    callbacksTrusted: heard && addressed ? trusted : undefined,
    clientNameForOperator: body.clientNameForOperator,
    clientDeviceId: body.clientDeviceId,
    clientTimezone: body.clientTimezone,
    clientPhone: body.clientPhone === undefined ? undefined : String(body.clientPhone),
    messengerUserId: body.messengerUserId,
    clientExternalId: body.clientExternalId,
    address: caller.address,
    userAgent: caller.userAgent === null ? undefined : cut(caller.userAgent, 512),
  };
  return { ...before, ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) };
}
