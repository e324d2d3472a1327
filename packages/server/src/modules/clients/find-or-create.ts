import type { StartSessionBody } from '@molva/contract';
import type { Selectable } from 'kysely';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Tables } from '../../platform/tables.ts';

/** Who the integrator's page says its visitor is, proven by a signature. */
export interface Identity {
  readonly externalId: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

/** Columns of `clients`, all of them. */
export const clientColumns = [
  'id',
  'company_id',
  'external_id',
  'messenger_type',
  'messenger_user_id',
  'verified',
  'name',
  'first_name',
  'middle_name',
  'last_name',
  'phone',
  'email',
  'device_id',
  'timezone',
  'banned_at',
  'created_at',
  'updated_at',
] as const;

/** A row of `clients`. */
export type ClientRow = Pick<Selectable<Tables['clients']>, (typeof clientColumns)[number]>;

/** How far the caller's word about who the client is can be relied on. */
export interface ClientClaim {
  readonly companyId: number;
  readonly body: StartSessionBody;
  readonly identity: Identity | null;
  /** The caller is a user of the company, or the chat trusts everybody. */
  readonly trusted: boolean;
  /** The chat verifies who its clients are: an id alone does not open one that was proven. */
  readonly verifies: boolean;
  readonly now: number;
}

/**
 * The client of a start: found by its signed identity, by its id, its proven messenger identity or its proven external
 * id, in this order, or made anew. What the caller says about it is kept; what nobody proved is never matched, and an id
 * opens no client whose identity the caller has not.
 */
export async function findOrCreateClient(database: Database, ids: Ids, claim: ClientClaim): Promise<ClientRow> {
  for (let attempt = 0; ; attempt++) {
    // Where it is neither there nor can be made, another client has one of its identities.
    const wanted = attempt < 2 ? claim : withoutOthers(claim);
    const { asked, known } = await findClient(database, wanted);
    if (known !== undefined) return updateClient(database, known, asked);
    const made = await insertClient(database, ids, asked);
    if (made !== undefined) return made;
    // Somebody created the same client between the look-up and the insert: look again.
    if (attempt === 5) throw new Error('a client could neither be found nor created');
  }
}

/** The client there is, and the claim as it stands then: without an id that is not the caller's to name. */
async function findClient(
  database: Database,
  claim: ClientClaim,
): Promise<{ asked: ClientClaim; known: ClientRow | undefined }> {
  const { clientId, ...nameless } = claim.body;
  const byId = clientId === undefined ? undefined : await clientWith(database, claim.companyId, { id: clientId });
  const asked = byId === undefined || opens(byId, claim) ? claim : { ...claim, body: nameless };
  if (asked === claim && byId !== undefined && claim.identity === null) return { asked, known: byId };
  const proven = provenIdentity(claim);
  const { messengerType, messengerUserId, externalId } = proven ?? {};
  const byProof =
    proven === null || (clientId !== undefined && asked === claim && claim.identity === null)
      ? undefined
      : await clientWith(
          database,
          claim.companyId,
          (messengerUserId ?? null) === null
            ? { verified: true, external_id: externalId ?? '' }
            : { verified: true, messenger_type: messengerType ?? '', messenger_user_id: messengerUserId ?? '' },
        );
  return { asked, known: byProof ?? (asked === claim ? byId : undefined) };
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
function opens(row: ClientRow, { identity, trusted, verifies }: ClientClaim): boolean {
  if (identity === null) return trusted || !verifies || !row.verified;
  // Who was anonymous and signs in now stays the same client.
  return row.verified ? row.external_id === identity.externalId : row.external_id === null;
}

interface Proven {
  readonly messengerType: string | null;
  readonly messengerUserId: string | null;
  readonly externalId: string | null;
}

/** The identities that can be matched: those of a signed token, or any that a trusted caller names. */
function provenIdentity({ body, identity, trusted }: ClientClaim): Proven | null {
  if (identity !== null) return { messengerType: null, messengerUserId: null, externalId: identity.externalId };
  if (!trusted) return null;
  const messengerUserId = body.messengerType === undefined ? null : (body.messengerUserId ?? null);
  const externalId = body.clientExternalId ?? null;
  return messengerUserId === null && externalId === null
    ? null
    : { messengerType: body.messengerType ?? null, messengerUserId, externalId };
}

/** What the caller says of the client, by column; only what it says. */
function facts({ body, identity }: ClientClaim) {
  const { clientPhone } = body;
  const said = {
    name: identity?.name ?? body.clientName,
    first_name: body.clientFirstName,
    middle_name: body.clientMiddleName,
    last_name: body.clientLastName,
    phone: identity?.phone ?? (clientPhone === undefined ? undefined : String(clientPhone)),
    email: identity?.email ?? body.clientEmail,
    device_id: body.clientDeviceId,
    timezone: body.clientTimezone,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<ClientRow>;
}

async function updateClient(database: Database, known: ClientRow, claim: ClientClaim): Promise<ClientRow> {
  const proven = await provenOf(database, known, claim);
  // What was only said of a client must not count as proven once something else is.
  const unproven =
    proven.verified === true && !known.verified
      ? { external_id: null, messenger_type: null, messenger_user_id: null }
      : {};
  const said = { ...facts(claim), ...unproven, ...proven };
  const current: Record<string, unknown> = known;
  const changed = Object.entries(said).some(([column, value]) => current[column] !== value);
  if (!changed) return known;
  const { updated_at: _, created_at: __, banned_at: ___, ...columns } = said;
  return database.builder
    .updateTable('clients')
    .set({ ...columns, updated_at: new Date(claim.now).toISOString() })
    .where('company_id', '=', claim.companyId)
    .where('id', '=', known.id)
    .returning(clientColumns)
    .executeTakeFirstOrThrow();
}

/** Identities that the caller proved and the client has not yet, where no other client has them. */
async function provenOf(database: Database, known: ClientRow, claim: ClientClaim): Promise<Partial<ClientRow>> {
  const proven = provenIdentity(claim);
  if (proven === null) return {};
  const { companyId } = claim;
  const found: Partial<ClientRow> = {};
  const { externalId: external_id, messengerType: messenger_type, messengerUserId: messenger_user_id } = proven;
  if (external_id !== null && (known.external_id === null || !known.verified)) {
    const other = await clientWith(database, companyId, { verified: true, external_id });
    if (other === undefined) Object.assign(found, { external_id, verified: true });
  }
  const lacksMessenger = known.messenger_user_id === null || !known.verified;
  if (messenger_type !== null && messenger_user_id !== null && lacksMessenger) {
    const other = await clientWith(database, companyId, { verified: true, messenger_type, messenger_user_id });
    if (other === undefined) Object.assign(found, { messenger_type, messenger_user_id, verified: true });
  }
  return found;
}

/**
 * The claim with one identity alone, as another client has the others: the signed one, else the first one it names. What
 * else is said of a client that is named by its id proves nothing.
 */
function withoutOthers(claim: ClientClaim): ClientClaim {
  const { clientId, ...nameless } = claim.body;
  if (claim.identity !== null) return { ...claim, body: nameless };
  if (clientId !== undefined) return { ...claim, trusted: false };
  const { clientExternalId: _, ...body } = claim.body;
  return (provenIdentity(claim)?.messengerUserId ?? null) === null ? claim : { ...claim, body };
}

async function insertClient(database: Database, ids: Ids, claim: ClientClaim): Promise<ClientRow | undefined> {
  const { body } = claim;
  const proven = provenIdentity(claim);
  const now = new Date(claim.now).toISOString();
  return database.builder
    .insertInto('clients')
    .values({
      id: body.clientId ?? ids.uuid4(),
      company_id: claim.companyId,
      external_id: proven?.externalId ?? body.clientExternalId ?? null,
      // Beside a signed identity nothing else that the page says of its visitor is proven.
      messenger_type: claim.identity === null ? (body.messengerType ?? null) : null,
      messenger_user_id: claim.identity === null ? (body.messengerUserId ?? null) : null,
      verified: proven !== null,
      name: null,
      first_name: null,
      middle_name: null,
      last_name: null,
      phone: null,
      email: null,
      device_id: null,
      timezone: null,
      ...(facts(claim) as object),
      banned_at: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(clientColumns)
    .executeTakeFirst();
}
