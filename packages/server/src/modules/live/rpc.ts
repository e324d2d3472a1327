import { rpcSchemas, type RpcData, type RpcName } from '@molva/contract';
import { isAway } from '../../platform/breaks.ts';
import { badField, databaseAway, Failure } from '../../platform/failure.ts';
import { reader } from '../../platform/normalise.ts';
import type { Notices } from '../../platform/notices.ts';
import { BROKEN_TEXT, brokenTextIn } from '../../platform/text.ts';
import { holderOf, type SessionGate } from './connect.ts';
import type { Decisions } from './decisions.ts';
import { faultOf } from './faults.ts';
import { TOO_MANY, type LiveLimits } from './limits.ts';
import type { Presence } from './presence.ts';

const METHOD_NOT_FOUND = { error: { code: 104, message: 'method not found' } };
const { status: code, message } = databaseAway();
const AWAY = { error: { code, message, temporary: true } };
const SUCCESS = { result: { data: '{"success":true}' } };

/** What calls of clients need. */
export interface RpcPorts {
  readonly gate: SessionGate;
  readonly presence: Presence;
  readonly limits: Pick<LiveLimits, 'spend'>;
  readonly notices: Notices;
}

/** What a call that writes counts for beyond itself, where callers are counted. */
const WRITING = 4;

/** Decides about the client RPCs: `{success: true}` or an error of the error table under its status. */
export function decideRpc({ gate, presence, limits, notices }: RpcPorts): Decisions['rpc'] {
  const readers = new Map<string, (data: unknown) => unknown>(
    Object.entries(rpcSchemas).map(([name, schema]) => [name, reader(schema)]),
  );
  /** By the session as it is called itself: callers may spell its id otherwise. */
  const serve = async (client: string, method: RpcName, data: RpcData[RpcName]): Promise<void> => {
    if (method === 'joinSession') await presence.join(client, data.id);
    else if (method === 'leaveSession') presence.leave(client, data.id);
    else await gate.call(method, data);
  };
  return async ({ method, data: given }, { client, meta }) => {
    const read = readers.get(method);
    if (read === undefined) return METHOD_NOT_FOUND;
    try {
      const data = read(given ?? undefined) as RpcData[RpcName];
      const broken = brokenTextIn(data);
      if (broken !== undefined) throw badField(broken, BROKEN_TEXT);
      if (method !== 'typing') limits.spend(meta.address, WRITING);
      await presence.during(client, async () => {
        const session = await gate.enter(data.id, holderOf(meta, data.id));
        if (!session.open) throw new Failure('entity-not-found');
        await serve(client, method as RpcName, { ...data, id: session.id });
      });
      return SUCCESS;
    } catch (error) {
      if (error instanceof Failure && error.code === 'too-many-requests') return { error: TOO_MANY };
      if (error instanceof Failure) return { error: { code: error.status, message: error.message } };
      if (isAway(error)) return AWAY;
      notices.tell('live-command-failed', { method, ...faultOf(error) });
      return { error: { code: 100, message: 'internal server error', temporary: true } };
    }
  };
}
