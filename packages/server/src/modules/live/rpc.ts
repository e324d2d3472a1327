import { rpcSchemas, type RpcData, type RpcName } from '@molva/contract';
import { checker } from '../../platform/check.ts';
import { badField, Failure } from '../../platform/failure.ts';
import type { Log } from '../../platform/log.ts';
import { BROKEN_TEXT, brokenTextIn } from '../../platform/text.ts';
import type { SessionGate } from './connect.ts';
import type { Decisions } from './decisions.ts';
import type { Presence } from './presence.ts';

const METHOD_NOT_FOUND = { error: { code: 104, message: 'method not found' } };
const SUCCESS = { result: { data: '{"success":true}' } };

/** Decides about the client RPCs: `{success: true}` or an error of the error table under its status. */
export function decideRpc(gate: SessionGate, presence: Presence, log: Log): Decisions['rpc'] {
  const checks = new Map<string, (data: unknown) => unknown>(
    Object.entries(rpcSchemas).map(([name, schema]) => [name, checker(schema)]),
  );
  const work: { [K in RpcName]: (client: string, data: RpcData[K]) => Promise<void> } = {
    joinSession: (client, data) => presence.join(client, data.id),
    leaveSession: async (client, data) => presence.leave(client, data.id),
    // Nobody on the other side listens to a client's typing while only bots answer; the call itself is checked.
    typing: async () => {},
    readMessage: (_client, data) => gate.read(data.id, data.messageId),
    rateSession: (_client, data) => gate.rate(data.id, data.rating, data.comment),
  };
  return async ({ method, data: given }, { client, meta }) => {
    const check = checks.get(method);
    if (check === undefined) return METHOD_NOT_FOUND;
    try {
      const data = check(given) as { id: string };
      const broken = brokenTextIn(data);
      if (broken !== undefined) throw badField(broken, BROKEN_TEXT);
      const serve = work[method as RpcName] as (client: string, data: unknown) => Promise<void>;
      await presence.during(client, async () => {
        const session = await gate.enter(data.id, { user: null, sessionToken: meta.tokens[data.id] ?? null });
        if (!session.open) throw new Failure('entity-not-found');
        await serve(client, data);
      });
      return SUCCESS;
    } catch (error) {
      if (error instanceof Failure) return { error: { code: error.status, message: error.message } };
      log.error({ error, method }, 'a live call failed');
      return { error: { code: 100, message: 'internal server error', temporary: true } };
    }
  };
}
