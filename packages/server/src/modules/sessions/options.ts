import type { StartSessionBody } from '@molva/contract';
import type { Caller } from '../../platform/route.ts';
import { notificationNames } from '../chats/index.ts';
import type { SessionOptions } from './session.ts';

/** The session's own options after a start or continue: what the call names wins over what was there. */
export function chosenOptions(body: StartSessionBody, caller: Caller, before: SessionOptions): SessionOptions {
  const named = {
    callbackUrl: body.callbackUrl,
    callbackData: body.callbackData,
    eventCallbackUrl: body.eventCallbackUrl,
    eventCallbackData: body.eventCallbackData,
    notifyOnEvents: body.notifyOnEvents && notificationNames(body.notifyOnEvents),
    clientNameForOperator: body.clientNameForOperator,
    clientDeviceId: body.clientDeviceId,
    clientTimezone: body.clientTimezone,
    clientPhone: body.clientPhone === undefined ? undefined : String(body.clientPhone),
    messengerUserId: body.messengerUserId,
    clientExternalId: body.clientExternalId,
    address: caller.address,
    userAgent: caller.userAgent?.slice(0, 512),
  };
  return { ...before, ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) };
}
