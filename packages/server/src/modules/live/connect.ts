import { widgetChannel, WidgetConnectData, type RpcData, type RpcName } from '@molva/contract';
import { checker } from '../../platform/check.ts';
import { Failure } from '../../platform/failure.ts';
import type { Caller } from '../../platform/route.ts';
import type { Decisions } from './decisions.ts';

/** What the live side asks of the sessions. */
export interface SessionGate {
  /** Lets a caller in who holds the session; throws a failure of the table. */
  enter(sessionId: string, caller: Pick<Caller, 'user' | 'sessionToken'>): Promise<{ id: string; open: boolean }>;
  /** Does what a client calls in a session it was let into; of leaves the last alone. */
  call<K extends RpcName>(method: K, data: RpcData[K]): Promise<void>;
}

const check = checker(WidgetConnectData);

/** The disconnect of a client whose connect data is not what the protocol asks. */
const BAD_REQUEST = { disconnect: { code: 3501, reason: 'bad request' } } as const;

/** Decides about an application that connects: one channel for each session it holds and that is open; others are left out. */
export function decideConnect(gate: SessionGate): Decisions['connect'] {
  return async (request) => {
    let data: WidgetConnectData;
    try {
      data = check(request.data) as WidgetConnectData;
    } catch {
      return BAD_REQUEST;
    }
    const { sessions, userId, echo, sessionTokens = {} } = data.settings;
    const audiences = echo === true ? ['client'] : [];
    // Ids may be spelt in capitals, in one place or the other.
    const tokens = Object.fromEntries(Object.entries(sessionTokens).map(([id, token]) => [id.toLowerCase(), token]));
    const ids = new Set(sessions.map((id) => id.toLowerCase()));
    const entered = await Promise.all([...ids].map((id) => enterOpen(gate, id, tokens[id])));
    const channels = entered.flatMap((id) => (id === undefined ? [] : [widgetChannel(id)]));
    return {
      result: {
        user: userId ?? '',
        meta: { tokens },
        subs: Object.fromEntries(channels.map((channel) => [channel, { audiences }])),
      },
    };
  };
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
