import type { NotifyEventName } from '@molva/contract';
import type { SealedColumn } from '../../../platform/data-keys.ts';
import type { Vault } from '../../../platform/vault.ts';
import type { SessionOptions } from './session.ts';

/** Addresses that are told of a session, and what is handed back there. */
export interface NamedCalls {
  readonly callbackUrl?: string;
  readonly callbackData?: string;
  readonly eventCallbackUrl?: string;
  readonly eventCallbackData?: string;
  readonly notifyOnEvents?: readonly NotifyEventName[];
}

/** Whom a session's calls go to beside, or in place of, what its chat says. */
export interface SessionCalls {
  /** Named by the company: it wins over what the chat says. */
  readonly own?: NamedCalls;
  /** Named by a visitor: told beside the company's, and never in its place. `caller` is whom they are counted for. */
  readonly visitor?: NamedCalls & { readonly caller: string };
  /** Told how a dialog ended. */
  readonly results?: readonly { readonly url: string; readonly data: unknown }[];
}

/** Whom the calls of a session go to. Both addresses and what is handed back are secrets as often as not: they are sealed. */
export function callsOf({ calls }: SessionOptions, sessionId: string, vault: Vault): SessionCalls {
  if (calls === undefined) return {};
  // What a key sealed that is given up is nobody's any more.
  return JSON.parse(vault.open(calls, placeOf(sessionId)) ?? '{}') as SessionCalls;
}

/** Options with other calls. */
export function withCalls(
  options: SessionOptions,
  sessionId: string,
  calls: SessionCalls,
  vault: Vault,
): SessionOptions {
  return { ...options, calls: vault.seal(JSON.stringify(calls), placeOf(sessionId)) };
}

/** How the calls of all sessions are sealed anew. */
export function sealedCalls(vault: Vault): SealedColumn {
  return {
    read: {
      name: 'sessions_sealed',
      text: `select id::text, options->>'calls' as value from sessions
        where options ? 'calls' and id > $1::uuid order by sessions.id limit $2`,
    },
    write: {
      name: 'sessions_reseal',
      text: `update sessions set options = options - 'calls'
          || case when $3::text is null then '{}' else jsonb_build_object('calls', $3::text) end
        where id = $1::uuid and options->>'calls' = $2`,
    },
    first: '00000000-0000-0000-0000-000000000000',
    renew: (value, id) => vault.renew(value, placeOf(id)),
  };
}

/** The place that the calls of a session are sealed for. */
function placeOf(sessionId: string): string {
  return `session-calls:${sessionId}`;
}
