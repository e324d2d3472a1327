import { widgetChannel, WidgetConnectData, type RpcData, type RpcName } from '@molva/contract';
import { checker } from '../../platform/check.ts';
import { Failure } from '../../platform/failure.ts';
import type { Caller } from '../../platform/route.ts';
import type { ConnectResult, Decision, Decisions } from './decisions.ts';
import { TOO_MANY, type LiveLimits } from './limits.ts';

/** What the live side asks of the sessions. */
export interface SessionGate {
  /** Lets a caller in who holds the session; throws a failure of the table. */
  enter(sessionId: string, caller: Pick<Caller, 'user' | 'sessionToken'>): Promise<{ id: string; open: boolean }>;
  /** Does what a client calls in a session it was let into; of leaves the last alone. */
  call<K extends RpcName>(method: K, data: RpcData[K]): Promise<void>;
}

const check = checker(WidgetConnectData);

/** Decides about an application that connects: one channel for each session it holds and that is open; others are left out. */
export function decideConnect(gate: SessionGate, limits: Pick<LiveLimits, 'spend'>): Decisions['connect'] {
  return async (request, { address }) => {
    let data: WidgetConnectData;
    try {
      data = check(request.data) as WidgetConnectData;
    } catch (error) {
      return badRequest(error);
    }
    const { sessions, userId, echo, sessionTokens = {} } = data.settings;
    const audiences = echo === true ? ['client'] : [];
    // Ids may be spelt in capitals, in one place or the other.
    const tokens = Object.fromEntries(Object.entries(sessionTokens).map(([id, token]) => [id.toLowerCase(), token]));
    const ids = new Set(sessions.map((id) => id.toLowerCase()));
    try {
      limits.spend(address, ids.size);
    } catch {
      return { error: TOO_MANY };
    }
    const entered = await Promise.all([...ids].map((id) => enterOpen(gate, id, tokens[id])));
    const channels = entered.flatMap((id) => (id === undefined ? [] : [widgetChannel(id)]));
    return {
      result: {
        user: userId ?? '',
        meta: { address, tokens },
        subs: Object.fromEntries(channels.map((channel) => [channel, { audiences }])),
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

async function enterOpen(gate: SessionGate, id: string, token: string | undefined): Promise<string | undefined> {
  try {
    const session = await gate.enter(id, { user: null, sessionToken: token ?? null });
    return session.open ? session.id : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
