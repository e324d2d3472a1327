import type { SessionStarted } from '@molva/contract';
import { essence } from '../operations/answers.ts';
import type { DocumentedCall } from '../operations/document.ts';
import { addressOf, preparedCall, type RightCall } from '../operations/right-call.ts';
import type { Identity } from '../operations/tenant.ts';
import { FREE, unknownIds } from '../operations/unknown-id.ts';
import type { Answered } from '../test-app.ts';
import { identityOf, type Cast } from './cast.ts';
import { bearer } from './guarded.ts';
import { kinds, reachOf, type Kind } from './kinds.ts';

/** Somebody who is to be refused. */
interface Refused {
  readonly who: string;
  readonly as: Identity;
  /** Sees that the thing is there, and may not do this to it. */
  readonly sees: boolean;
}

const REFUSALS = [401, 403, 404];
/** How users of the company are refused what they see. */
const REFUSED_USERS = ['permission-denied', 'not-an-operator'];

/** A call about things of a company, by everybody who may not reach them: who is not answered as if they were not there. */
export async function refusalsOf(call: DocumentedCall, cast: Cast): Promise<string[]> {
  const right = await namedCall(call, cast);
  const unknown = { ...right, params: unknownParams(call, right) };
  const faults = await Promise.all(
    refusedBy(call, cast).map(async ({ who, as, sees }) => {
      const hidden = await attempt(cast, call, { ...right, as });
      const missing = await attempt(cast, call, { ...unknown, as });
      const [shown, wanted] = [essence(hidden), essence(missing)].map((one) => JSON.stringify(one));
      const refused = sees ? REFUSED_USERS.includes(codeOf(hidden)) : REFUSALS.includes(hidden.status);
      if (!refused) return [`${who}: answered ${shown}`];
      return sees || shown === wanted ? [] : [`${who}: ${shown}, and of nothing ${wanted}`];
    }),
  );
  return [...faults.flat(), ...(await refusedHolder(call, cast, right))];
}

/** Whose token of a session was taken back is told so by every call about it, and gets no further. */
async function refusedHolder(call: DocumentedCall, cast: Cast, right: RightCall): Promise<string[]> {
  if (call.operation.access !== 'holder') return [];
  const { revoked } = cast;
  const params = ofSession(right.params, revoked);
  const answer = await attempt(cast, call, { ...right, params, as: bearer(revoked.sessionToken) });
  return answer.status === 401 || answer.status === 404
    ? []
    : [`the holder of before: answered ${JSON.stringify(essence(answer))}`];
}

/** What a call names: where a client holds it, in a chat that asks for a proof. */
export async function namedCall(call: DocumentedCall, cast: Cast): Promise<RightCall> {
  const right = await preparedCall(call, cast.home);
  if (call.operation.access !== 'holder') return right;
  return { ...right, params: ofSession(right.params, cast.guarded.session) };
}

/** The values of a path, of a session that a client began. */
export function ofSession(params: RightCall['params'], session: SessionStarted): RightCall['params'] {
  const given: Record<string, string> = { sessionId: session.id, messageId: session.messages[0]?.id ?? '' };
  return Object.fromEntries(Object.entries(params).map(([name, id]) => [name, given[name] ?? id]));
}

function unknownParams(call: DocumentedCall, { params }: RightCall): RightCall['params'] {
  const schemas = new Map(call.parameters.filter(({ in: place }) => place === 'path').map((one) => [one.name, one]));
  return Object.fromEntries(
    Object.entries(params).map(([name, id]) => [
      name,
      FREE.has(name) ? id : (unknownIds(schemas.get(name)?.schema)[0] ?? id),
    ]),
  );
}

function codeOf({ headers }: Answered<unknown>): string {
  return headers.get('x-error-code') ?? '';
}

/** Makes a call as somebody. */
export function attempt(
  { app }: Cast,
  call: DocumentedCall,
  { params, body, as }: RightCall,
): Promise<Answered<unknown>> {
  return app.call(call.operation.method, addressOf(call, params), body, { ...as });
}

/** Who is refused by a call about things of the company; those it serves elsewhere are, where it names anything. */
function refusedBy(call: DocumentedCall, cast: Cast): Refused[] {
  const { operation } = call;
  const names = call.parameters.some(({ in: place }) => place === 'path');
  const refused = kinds.flatMap((kind): Refused[] => {
    const reach = reachOf(kind, operation);
    const is = (who: string, as: Identity, sees: boolean): Refused[] => [{ who, as, sees }];
    if (reach === 'own') return is(`another ${kind}`, othersOf(kind, cast), true);
    if (reach === 'none') return is(kind, identityOf(kind, cast), seesAll(kind));
    return reach === 'elsewhere' && names ? is(kind, identityOf(kind, cast), false) : [];
  });
  const provedElsewhere = operation.access === 'open' || operation.access === 'credentials';
  if (provedElsewhere) return refused;
  const broken = Object.entries(cast.broken);
  // Where a session is named, the identity of its client opens it as well.
  const proofs = operation.access === 'holder' ? Object.entries(cast.identities) : [];
  const tokens = [...broken, ...proofs.map(([who, token]) => [who, bearer(token)] as const)];
  return [...refused, ...tokens.map(([who, as]) => ({ who, as, sees: false }))];
}

/** A caller of the kind to whom nothing of what is called about belongs. */
function othersOf(kind: Kind, cast: Cast): Identity {
  return kind === 'operator' ? cast.otherOperator.header : identityOf(kind, cast);
}

/** Users of the company know what it has: that they lack the right is no secret. */
function seesAll(kind: Kind): boolean {
  return ['API key', 'operator', 'supervisor', 'administrator'].includes(kind);
}
