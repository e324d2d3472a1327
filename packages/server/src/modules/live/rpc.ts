import { rpcSchemas, type RpcData, type RpcName } from '@molva/contract';
import { badField, Failure } from '../../platform/failure.ts';
import { lackOf, passingFailure } from '../../platform/lacks.ts';
import { reader } from '../../platform/normalise.ts';
import type { Notices } from '../../platform/notices.ts';
import { BROKEN_TEXT, brokenTextIn } from '../../platform/text.ts';
import { holderOf, type SessionGate } from './connect.ts';
import type { ConnectedClient, Decisions } from './decisions.ts';
import { faultOf } from './faults.ts';
import { Joins, type JoinedChannels } from './joins.ts';
import { TOO_MANY, type LiveLimits } from './limits.ts';
import type { Presence } from './presence.ts';

const METHOD_NOT_FOUND = { error: { code: 104, message: 'method not found' } };
const SUCCESS = { result: { data: '{"success":true}' } };

/** What calls of clients need. */
export interface RpcPorts {
  readonly gate: SessionGate;
  readonly presence: Presence;
  readonly channels: JoinedChannels;
  readonly limits: Pick<LiveLimits, 'spend'>;
  readonly notices: Notices;
}

/** What a call that writes counts for beyond itself, where callers are counted. */
const WRITING = 4;

/** Decides about the client RPCs: `{success: true}` or an error of the error table under its status. */
export function decideRpc({ gate, presence, channels, limits, notices }: RpcPorts): Decisions['rpc'] {
  const readers = new Map<string, (data: unknown) => unknown>(
    Object.entries(rpcSchemas).map(([name, schema]) => [name, reader(schema)]),
  );
  const joins = new Joins(channels);
  /** By the session as it is called itself: callers may spell its id otherwise. */
  const serve = async (by: ConnectedClient, method: RpcName, data: RpcData[RpcName], token: string | null) => {
    const { client } = by;
    if (method === 'joinSession') await joins.during(by, { id: data.id, token }, () => presence.join(client, data.id));
    else if (method === 'leaveSession') await joins.leaving(by, data.id, () => presence.leave(client, data.id));
    else await gate.call(method, data);
  };
  return async ({ method, data: given }, by) => {
    const { client, meta } = by;
    const read = readers.get(method);
    if (read === undefined) return METHOD_NOT_FOUND;
    try {
      const data = read(given ?? undefined) as RpcData[RpcName];
      const broken = brokenTextIn(data);
      if (broken !== undefined) throw badField(broken, BROKEN_TEXT);
      if (method !== 'typing') limits.spend(meta.address, WRITING);
      await presence.during(client, async () => {
        const token = ('sessionToken' in data ? data.sessionToken : undefined) ?? joins.tokenOf(meta, data.id);
        const session = await gate.enter(data.id, holderOf(meta, token));
        await serve(by, method as RpcName, { ...data, id: session.id }, token);
      });
      return SUCCESS;
    } catch (error) {
      if (error instanceof Failure && error.code === 'too-many-requests') return { error: TOO_MANY };
      if (error instanceof Failure) return { error: { code: error.status, message: error.message } };
      const passing = passingFailure(error);
      const lack = lackOf(error);
      if (lack !== undefined) notices.tell(lack, { method });
      if (passing !== undefined) return { error: { code: passing.status, message: passing.message, temporary: true } };
      notices.tell('live-command-failed', { method, ...faultOf(error) });
      return { error: { code: 100, message: 'internal server error', temporary: true } };
    }
  };
}
