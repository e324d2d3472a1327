import { rpcSchemas, type RpcData, type RpcName } from '@molva/contract';
import { MOST_LEVELS, tooDeepIn } from '../../platform/depth.ts';
import { badField } from '../../platform/failure.ts';
import { reader } from '../../platform/normalise.ts';
import type { Notices } from '../../platform/notices.ts';
import { BROKEN_TEXT, brokenTextIn } from '../../platform/text.ts';
import { holderOf, type SessionGate } from './connect.ts';
import type { ConnectedClient, Decision, Decisions, RpcResult } from './decisions.ts';
import { Joins, type JoinedChannels } from './joins.ts';
import { SENT_AWAY, type LiveLimits } from './limits.ts';
import type { Presence } from './presence.ts';
import { refusedCall } from './refusals.ts';

const METHOD_NOT_FOUND = { error: { code: 104, message: 'method not found' } };
const SUCCESS = '{"success":true}';

/** What calls of clients need. */
export interface RpcPorts {
  readonly gate: SessionGate;
  readonly presence: Presence;
  readonly channels: JoinedChannels;
  readonly limits: Pick<LiveLimits, 'call' | 'callIn' | 'refused'>;
  readonly notices: Notices;
  /** A call begins; hears of its end: its method, and the status the same has over HTTP. */
  readonly observe: () => (method: RpcName | 'unknown', status: number) => void;
}

/** A call whose data was checked. */
type CheckedCall = { readonly [K in RpcName]: { readonly method: K; readonly data: RpcData[K] } }[RpcName];
type QuietCall = Exclude<CheckedCall, { readonly method: 'sendMessage' }>;

/** Decides about the client RPCs: each is done, or refused by a code of the error table. */
export function decideRpc({ gate, presence, channels, limits, notices, observe }: RpcPorts): Decisions['rpc'] {
  const readers = new Map(Object.entries(rpcSchemas).map(([name, schema]) => [name, reader(schema)] as const));
  const joins = new Joins(channels);
  // A session is counted for those alone who were let into it: nobody else uses up what its holder may.
  const send = async (by: ConnectedClient, data: RpcData['sendMessage']): Promise<string> => {
    const session = await gate.open(data.id, holderOf(by.meta, joins.tokenOf(by.meta, data.id)));
    limits.callIn(session.id, by);
    return JSON.stringify(await session.send(data));
  };
  const attend = async (by: ConnectedClient, { method, data }: QuietCall): Promise<string> => {
    const { client, meta } = by;
    const token = ('sessionToken' in data ? data.sessionToken : undefined) ?? joins.tokenOf(meta, data.id);
    // By the session as it is called itself: callers may spell its id otherwise.
    const { id } = await gate.enter(data.id, holderOf(meta, token));
    limits.callIn(id, by);
    if (method === 'joinSession') await joins.during(by, { id, token }, () => presence.join(client, id));
    else if (method === 'leaveSession') await joins.leaving(by, id, () => presence.leave(client, id));
    else await gate.call(method, { ...data, id });
    return SUCCESS;
  };
  const serve = (by: ConnectedClient, { method, data }: CheckedCall): Promise<string> =>
    method === 'sendMessage'
      ? send(by, data)
      : presence.during(by.client, () => attend(by, { method, data } as QuietCall));
  return async ({ method: asked, data }, by) => {
    const observed = observe();
    const read = readers.get(asked);
    const method = read === undefined ? undefined : (asked as RpcName);
    const answer = (status: number, decision: Decision<RpcResult>): Decision<RpcResult> => {
      observed(method ?? 'unknown', status);
      return decision;
    };
    try {
      limits.call(by, joins.given(by.meta));
      if (read === undefined) return answer(404, METHOD_NOT_FOUND);
      const done = await serve(by, { method, data: wholeData(read, data) } as CheckedCall);
      return answer(200, { result: { data: done } });
    } catch (error) {
      const { status, decision } = refusedCall(method, error, notices);
      return answer(status, status === 429 && limits.refused(by) ? { disconnect: SENT_AWAY } : decision);
    }
  };
}

/** The data of a call as its schema says, with texts that a database can store; throws `invalid-input`. */
function wholeData(read: (data: unknown) => unknown, given: unknown): unknown {
  const deep = tooDeepIn(given);
  if (deep !== undefined) throw badField(deep, `must not nest deeper than ${MOST_LEVELS} levels`);
  const data = read(given ?? undefined);
  const broken = brokenTextIn(data);
  if (broken !== undefined) throw badField(broken, BROKEN_TEXT);
  return data;
}
