import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { clientColumns, namedIn, weightOf, type ClientClaim, type ClientRow, type Named } from './claim.ts';

/** The client of a call as it will be; nothing of it is written yet. */
export interface FoundClient {
  readonly row: ClientRow;
  /** The row as it is; null where there is none. */
  readonly known: ClientRow | null;
  /** An unproven client that is proven by this call: what was begun before is not what is begun after. */
  readonly signsIn: boolean;
}

/** How a claim can be known to be of a client there is. */
type Level = 'verified' | 'claimed';

/**
 * Finds the client of a call: by its signed identity, else by its id, its messenger identity or its external id, as far
 * as the caller's word goes. What nobody proved opens nothing that was proven, and changes nothing of it.
 */
export async function findClient(database: Database, ids: Ids, claim: ClientClaim): Promise<FoundClient> {
  const { companyId } = claim;
  const id = claim.body.clientId;
  const byId = id === undefined ? undefined : await clientWith(database, companyId, { id });
  const named = weightOf(claim) === 'said' ? [] : namedIn(claim);
  const owners = await ownersOf(database, companyId, named, levelsOf(claim));
  const known = knownOf(claim, byId, owners[0]) ?? null;
  const row = known ?? blank(claim, byId === undefined ? (id ?? ids.uuid4()) : ids.uuid4());
  const free = named.filter((_, index) => owners[index] === undefined || owners[index]?.id === known?.id);
  const told = mayTell(row, claim) ? said(claim) : {};
  const found = { ...row, ...told, ...identified(row, claim, free) };
  return { row: found, known, signsIn: known !== null && !known.verified && found.verified };
}

/** Which of the clients there are it is: the one of the id it names, or the one that has its first identity. */
function knownOf(claim: ClientClaim, byId: ClientRow | undefined, owner: ClientRow | undefined): ClientRow | undefined {
  const opened = byId !== undefined && opens(byId, claim) ? byId : undefined;
  if (claim.identity !== null) return owner ?? opened;
  // An id that nobody has is the caller's to name.
  if (claim.body.clientId !== undefined && byId === undefined) return undefined;
  return opened ?? owner;
}

/** Which clients an identity can be looked up among: a company finds those that are only believed as well. */
function levelsOf({ identity, company, believes }: ClientClaim): Level[] {
  if (identity !== null || !believes) return ['verified'];
  return company === null ? ['claimed'] : ['verified', 'claimed'];
}

/** Who has each of the identities. */
function ownersOf(
  database: Database,
  companyId: number,
  named: readonly Named[],
  levels: readonly Level[],
): Promise<(ClientRow | undefined)[]> {
  return Promise.all(
    named.map(async (identity) => {
      for (const level of levels) {
        const row = await clientWith(database, companyId, { ...identity, [level]: true });
        if (row !== undefined) return row;
      }
      return undefined;
    }),
  );
}

function clientWith(
  { builder }: Database,
  companyId: number,
  values: Readonly<Record<string, string | boolean>>,
): Promise<ClientRow | undefined> {
  const select = builder.selectFrom('clients').select(clientColumns).where('company_id', '=', companyId);
  return select.where((of) => of.and(values)).executeTakeFirst();
}

/** Whether naming a client by its id opens it for the caller. */
function opens(row: ClientRow, { identity, company, verifies }: ClientClaim): boolean {
  // Who was anonymous and signs in now stays the same client.
  if (identity !== null) return row.verified ? row.external_id === identity.externalId : row.external_id === null;
  if (company !== null || !row.verified) return true;
  // Where nothing is verified an id goes on with what the company began, and with nothing that a signature proved.
  return !verifies && row.proof?.by !== 'identityToken';
}

/** What becomes of the identities of a client by those of the claim that no other client has. */
function identified(row: ClientRow, claim: ClientClaim, free: readonly Named[]): Partial<ClientRow> {
  const level = weightOf(claim) === 'claimed' ? 'claimed' : 'verified';
  if (level === 'claimed' && row.verified) return {};
  // What was only said of a client must not count as proven once something else is.
  const before = row[level] ? row : { external_id: null, messenger_type: null, messenger_user_id: null };
  const { external_id, messenger_type, messenger_user_id } = before;
  const added = free.filter((one) => ('external_id' in one ? external_id : messenger_user_id) === null);
  if (added.length === 0) return row.verified ? proofOf(row, claim) : {};
  const identity: Partial<ClientRow> = Object.assign({ external_id, messenger_type, messenger_user_id }, ...added);
  if (level === 'claimed') return { ...identity, claimed: true };
  return { ...identity, verified: true, claimed: false, ...proofOf(row, claim) };
}

/** Who proved the client first; a signature counts more than the company's word. */
function proofOf({ proof, verified }: ClientRow, { identity, company, now }: ClientClaim): Pick<ClientRow, 'proof'> {
  if (identity !== null && proof?.by !== 'identityToken') {
    return { proof: { by: 'identityToken', key: identity.key ?? null, at: now } };
  }
  // What proved it before that was noted is not known.
  return { proof: verified || company === null ? proof : { by: 'company', key: company.key, at: now } };
}

/** Whether the caller may say how the client is called and reached: nobody may who has not what was proven of it. */
function mayTell(row: ClientRow, { identity, company }: ClientClaim): boolean {
  return identity !== null || company !== null || !row.verified;
}

/** What the caller says of the client, by column; only what it says. */
function said({ body, identity }: ClientClaim): Partial<ClientRow> {
  const { clientPhone } = body;
  const facts = {
    name: identity?.name ?? body.clientName,
    first_name: body.clientFirstName,
    middle_name: body.clientMiddleName,
    last_name: body.clientLastName,
    phone: identity?.phone ?? (clientPhone === undefined ? undefined : String(clientPhone)),
    email: identity?.email ?? body.clientEmail,
    device_id: body.clientDeviceId,
    timezone: body.clientTimezone,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** A client that is not there yet. What is only said of it is kept, and nothing is ever found by it. */
function blank({ companyId, body, identity, now }: ClientClaim, id: string): ClientRow {
  return {
    id,
    company_id: companyId,
    external_id: identity === null ? (body.clientExternalId ?? null) : null,
    messenger_type: identity === null ? (body.messengerType ?? null) : null,
    messenger_user_id: identity === null ? (body.messengerUserId ?? null) : null,
    verified: false,
    proof: null,
    claimed: false,
    name: null,
    first_name: null,
    middle_name: null,
    last_name: null,
    phone: null,
    email: null,
    device_id: null,
    timezone: null,
    banned_at: null,
    created_at: now,
    updated_at: now,
  };
}
