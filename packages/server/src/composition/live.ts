import type { IncomingMessage } from 'node:http';
import { createLive } from '../modules/live/index.ts';
import { acceptedView } from '../modules/sessions/index.ts';
import { subscriberOf } from '../platform/address.ts';
import type { Metrics } from '../platform/metrics.ts';
import { tellForeign, type Notices } from '../platform/notices.ts';
import type { Listener } from './listening.ts';
import type { Ground, Modules } from './modules.ts';
import type { AppOptions } from './options.ts';

/** Opens the live side: what it may ask of the sessions, which it does not know. */
export function openLive(
  { announcer, changes, clock, database, log, memory }: Ground,
  { sessions }: Modules,
  listener: Listener,
  { metrics, notices }: { readonly metrics: Metrics; readonly notices: Notices },
  { limits, connectionsPerAddress, version }: AppOptions,
) {
  const addressOf = (request: IncomingMessage): string => subscriberOf(listener.callerOf(request));
  return createLive({
    announcer,
    origins: listener.origins,
    log,
    notices,
    observe: metrics.liveCalls(),
    limits: { open: limits.open, connections: connectionsPerAddress },
    addressOf,
    foreignOrigin: (request) => tellForeign(notices, request.headers.origin, addressOf(request)),
    version: `${version} Molva`,
    gate: {
      enter: (id, holder) => sessions.hold(id, holder),
      call: (method, data) => sessions.client.call(method, data),
      async open(id, holder) {
        const session = await sessions.enter(id, holder);
        return {
          id: session.id,
          send: async (said) => acceptedView(await sessions.takeMessage(session, said, holder)),
        };
      },
    },
    bans: (banned) => changes.on('client-ban', banned),
    reproved: (listen) => changes.on('chat-proofs', listen),
    revoked: (listen) => changes.on('session-tokens', listen),
    asks: (isHere) => sessions.attendance.asks(isHere),
    events: sessions.streams,
    wentBack: () => memory.clear(),
    afterBreak: (listen) => database.afterBreak(listen),
    clock,
  });
}
