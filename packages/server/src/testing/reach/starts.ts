import { operations, type SessionStarted } from '@molva/contract';
import type { Database } from '../../platform/database.ts';
import { essence } from '../operations/answers.ts';
import type { DocumentedCall } from '../operations/document.ts';
import { nobody, type Identity } from '../operations/tenant.ts';
import { runSql } from '../rows.ts';
import type { Answered } from '../test-app.ts';
import type { Cast } from './cast.ts';
import { bearer, type Guarded } from './guarded.ts';
import { brokenIdentities } from './identities.ts';
import { attempt } from './refusals.ts';

/** Who may name a session of somebody else at a start, and with which proof. */
interface Claim {
  readonly who: string;
  readonly as: Identity;
  readonly proof: Readonly<Record<string, string>>;
}

async function claimsOf({ stranger, reseller, broken }: Cast, guarded: Guarded): Promise<Claim[]> {
  const theirs = bearer(guarded.session.sessionToken);
  const other = { identityToken: guarded.otherIdentityToken };
  const claims: Readonly<Record<string, Omit<Claim, 'who'>>> = {
    nobody: { as: nobody, proof: {} },
    'another client': { as: bearer(guarded.other.sessionToken), proof: other },
    'another client with the session token': { as: theirs, proof: other },
    'another client without a proof': { as: bearer(guarded.other.sessionToken), proof: {} },
    'another client without a token': { as: nobody, proof: other },
    'another company': { as: stranger.tenant.admin, proof: other },
    'another company without a proof': { as: stranger.tenant.admin, proof: {} },
    reseller: { as: reseller.tenant.admin, proof: other },
    'reseller without a proof': { as: reseller.tenant.admin, proof: {} },
    ...Object.fromEntries(Object.entries(broken).map(([who, as]) => [who, { as, proof: other }])),
    ...Object.fromEntries(
      Object.entries(await brokenIdentities(guarded)).map(([who, identityToken]) => [
        who,
        { as: nobody, proof: { identityToken } },
      ]),
    ),
  };
  return Object.entries(claims).map(([who, claim]) => ({ who, ...claim }));
}

/** Whether the call begins sessions, and may name one that is there. */
export function isStart({ operation }: DocumentedCall): boolean {
  const { startSession, continueSession } = operations;
  return operation.id === startSession.id || operation.id === continueSession.id;
}

/**
 * Who names somebody else's session or client at a start is answered as one who names nobody's, and what was named stays
 * as it is: to begin a session of one's own is no fault.
 */
export async function claimedStarts(call: DocumentedCall, cast: Cast, database: Database): Promise<string[]> {
  const faults: string[] = [];
  for (const [verification, guarded] of Object.entries({ required: cast.guarded, optional: cast.lenient })) {
    const { session, chatId } = guarded;
    const begin = (claim: Claim, named: object): Promise<Answered<Partial<SessionStarted>>> => {
      const body = { ...named, ...claim.proof, messageBody: 'Let me in' };
      return attempt(cast, call, { params: { chatId }, body, as: claim.as }) as Promise<
        Answered<Partial<SessionStarted>>
      >;
    };
    let before = await ofSession(database, guarded);
    for (const claim of await claimsOf(cast, guarded)) {
      for (const field of ['sessionId', 'clientId'] as const) {
        const hidden = await begin(claim, { [field]: field === 'sessionId' ? session.id : session.clientId });
        const missing = await begin(claim, { [field]: crypto.randomUUID() });
        const who = `${claim.who} names a ${field} where a proof is ${verification}`;
        const [shown, wanted] = [hidden, missing].map((one) => JSON.stringify(seen(one)));
        if (shown !== wanted) faults.push(`${who}: ${shown}, and of nothing ${wanted}`);
        if (hidden.body.id === session.id) faults.push(`${who}: was given the session`);
        // An unproven name of a client is taken as it comes: what is not there is made under it.
        const proved = 'identityToken' in claim.proof;
        if (proved && hidden.body.clientId === session.clientId) faults.push(`${who}: is taken for the client`);
        if (before !== (before = await ofSession(database, guarded))) faults.push(`${who}: wrote into the session`);
      }
    }
  }
  return faults;
}

/** What an answer shows, but for the ids that are new each time. */
function seen(answer: Answered<Partial<SessionStarted>>): unknown {
  const { messages } = answer.body;
  return { ...(essence(answer) as object), said: messages?.map(({ body }) => body) };
}

/** All that a session and its client are, as one text. */
async function ofSession(database: Database, { session }: Guarded): Promise<string> {
  const rows = await runSql(
    database,
    `select to_jsonb(s) as row from sessions s where id = $1
      union all select to_jsonb(c) from clients c where id = $2
      union all select to_jsonb(m) from messages m where session_id = $1
      union all select to_jsonb(e) from session_events e where session_id = $1`,
    [session.id, session.clientId],
  );
  return JSON.stringify(rows);
}
