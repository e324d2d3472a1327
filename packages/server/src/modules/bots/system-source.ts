import { dialogIdOf, type HotSession } from '../sessions/index.ts';
import type { SystemSource } from './scenario/index.ts';

/** What a session's system variables are made from. */
export function systemSource(session: HotSession, now: number, dialog: string): SystemSource {
  const { clientTimezone, clientPhone, previousBotId } = session.options;
  return {
    now,
    clientTimezone: clientTimezone ?? null,
    dialogId: dialogIdOf(session),
    phone: clientPhone ?? null,
    previousBotId: previousBotId ?? null,
    dialog,
  };
}
