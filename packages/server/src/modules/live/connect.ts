import { widgetChannel, WidgetConnectData, type MessageAccepted, type RpcData, type RpcName } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import { reader } from '../../platform/normalise.ts';
import type { Holder } from '../../platform/route.ts';
import type { ConnectionMeta, ConnectResult, Decision, Decisions } from './decisions.ts';
import { TOO_MANY, type LiveLimits } from './limits.ts';

/** A session as its holder writes into it. */
export interface OpenedSession {
  readonly id: string;
  /** Takes what its client says; throws a failure of the table. */
  send(said: RpcData['sendMessage']): Promise<MessageAccepted>;
}

/** What the live side asks of the sessions. */
export interface SessionGate {
  /** Lets a caller in who holds the session, which lives or ended not long ago; throws a failure of the table. */
  enter(sessionId: string, holder: Holder): Promise<{ readonly id: string }>;
  /** Does what a client calls in a session it was let into; of leaves the last alone. */
  call<K extends Exclude<RpcName, 'sendMessage'>>(method: K, data: RpcData[K]): Promise<void>;
  /** Lets a caller write into a session that it holds, as a call over HTTP does; throws a failure of the table. */
  open(sessionId: string, holder: Holder): Promise<OpenedSession>;
}

const read = reader(WidgetConnectData);

/** What a connection shows for a session: the token it has for it, and its identity. */
export function holderOf({ identity }: Pick<ConnectionMeta, 'identity'>, sessionToken: string | null): Holder {
  return { user: null, sessionToken, ...(identity === undefined ? {} : { identity }) };
}

/**
 * Decides about an application that connects: one channel for each session it holds; others are left out. A signed
 * identity holds for as long as the connection does.
 */
export function decideConnect(
  gate: SessionGate,
  limits: Pick<LiveLimits, 'named'>,
  clock: Pick<Clock, 'now'>,
): Decisions['connect'] {
  return async (request, { address }) => {
    let data: WidgetConnectData;
    try {
      data = read(request.data ?? undefined) as WidgetConnectData;
    } catch (error) {
      return badRequest(error);
    }
    const { sessions, userId, echo, sessionTokens = {}, identityToken } = data.settings;
    const audiences = echo === true ? ['client'] : [];
    // Ids may be spelt in capitals, in one place or the other.
    const tokens = Object.fromEntries(Object.entries(sessionTokens).map(([id, token]) => [id.toLowerCase(), token]));
    const ids = new Set(sessions.map((id) => id.toLowerCase()));
    try {
      limits.named(address, ids.size);
    } catch {
      return { error: TOO_MANY };
    }
    const proven = identityToken === undefined ? {} : { identity: { token: identityToken, at: clock.now() } };
    const entered = await Promise.all([...ids].map((id) => enter(gate, id, holderOf(proven, tokens[id] ?? null))));
    const given = entered.flatMap((id) => id ?? []);
    return {
      result: {
        user: userId ?? '',
        meta: { address, audiences, tokens, sessions: given, ...proven },
        subs: Object.fromEntries(given.map((id) => [widgetChannel(id), { audiences }])),
      },
    };
  };
}

/** The disconnect of a client whose connect data is not what is documented; the reason names the first field. */
function badRequest(error: unknown): Decision<ConnectResult> {
  const [problem] = Object.entries((error instanceof Failure && error.fields) || {});
  const what = problem === undefined ? '' : `: ${problem[0] || 'data'} ${problem[1][0] ?? ''}`;
  return { disconnect: { code: 3501, reason: `bad request${what}` } };
}

async function enter(gate: SessionGate, id: string, holder: Holder): Promise<string | undefined> {
  try {
    return (await gate.enter(id, holder)).id;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
