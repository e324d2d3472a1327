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
  readonly now: number;
}

/**
 * The client of a start: found by its id, its proven messenger identity or its proven external id, in this order, or
 * made anew. What the caller says about it is kept; what nobody proved is never matched.
 */
export async function findOrCreateClient(database: Database, ids: Ids, claim: ClientClaim): Promise<ClientRow> {
  for (let attempt = 0; ; attempt++) {
    // Where it is neither there nor can be made, another client has one of its identities.
    const asked = attempt < 2 ? claim : withoutOthers(claim);
    const known = await findClient(database, asked);
    if (known !== undefined) return updateClient(database, known, asked);
    const made = await insertClient(database, ids, asked);
    if (made !== undefined) return made;
    // Somebody created the same client between the look-up and the insert: look again.
    if (attempt === 5) throw new Error('a client could neither be found nor created');
  }
}

async function findClient(database: Database, claim: ClientClaim): Promise<ClientRow | undefined> {
  const { body, companyId } = claim;
  const select = database.builder.selectFrom('clients').select(clientColumns).where('company_id', '=', companyId);
  if (body.clientId !== undefined) return select.where('id', '=', body.clientId).executeTakeFirst();
  const proven = provenIdentity(claim);
  if (proven === null) return undefined;
  const narrowed = select.where('verified', '=', true);
  if (proven.messengerUserId !== null) {
    return narrowed
      .where('messenger_type', '=', proven.messengerType)
      .where('messenger_user_id', '=', proven.messengerUserId)
      .executeTakeFirst();
  }
  return narrowed.where('external_id', '=', proven.externalId).executeTakeFirst();
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
  const said = facts(claim);
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
      messenger_type: body.messengerType ?? null,
      messenger_user_id: body.messengerUserId ?? null,
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
