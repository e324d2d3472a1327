import type { DocumentedCall } from '../operations/document.ts';
import { preparedCall, rightCall, type RightCall } from '../operations/right-call.ts';
import { identityOf, type Cast } from './cast.ts';
import { bearer, signedIdentity, startIn } from './guarded.ts';
import { kinds, reachOf, type Kind } from './kinds.ts';
import { attempt, ofSession } from './refusals.ts';

/** Whoever reaches what a call names does: anew for each, as a call may leave nothing for the next one. */
export async function servedBy(call: DocumentedCall, cast: Cast): Promise<string[]> {
  const { operation } = call;
  if (operation.access === 'open' || operation.access === 'credentials') return [];
  const faults: string[] = [];
  for (const kind of kinds) {
    const reach = reachOf(kind, operation);
    if (reach !== 'all' && reach !== 'own') continue;
    const { status, body } = await attempt(cast, call, await callOf(call, kind, cast));
    if (status >= 300) faults.push(`${kind}: answered ${status} ${JSON.stringify(body)}`);
  }
  return faults;
}

async function callOf(call: DocumentedCall, kind: Kind, cast: Cast): Promise<RightCall> {
  const { tenant } = cast.home;
  const right = await (call.operation.method === 'GET' ? preparedCall : rightCall)(call, cast.home);
  // Who changes a password is sent away by it.
  if (call.id === 'changePassword') return right;
  if (kind !== 'the holder') {
    const userId = reachOf(kind, call.operation) === 'own' ? ownIdOf(kind, cast) : undefined;
    const params = 'userId' in right.params && userId !== undefined ? { userId } : right.params;
    return { ...right, params, as: identityOf(kind, cast) };
  }
  const session = await startIn(tenant, cast.guarded.chatId, await signedIdentity(crypto.randomUUID()));
  return { ...right, params: ofSession(right.params, session), as: bearer(session.sessionToken) };
}

/** The user that a kind of caller is. */
function ownIdOf(kind: Kind, { home, supervisor }: Cast): number | undefined {
  if (kind === 'API key') return home.tenant.adminId;
  return { operator: home.operator.id, supervisor: supervisor.id }[kind as string];
}
