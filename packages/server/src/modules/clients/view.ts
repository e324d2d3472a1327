import { wireDate, type Attribute, type Client, type Tag, type Verified } from '@molva/contract';
import type { AttributeOfClient, AttributeRow } from './attribute-store.ts';
import type { ClientRow, Proof } from './claim.ts';
import type { TagRow } from './tag-store.ts';
import { wireDateOrNull } from '../../platform/instant.ts';

/** A client with everything the company knows of it. */
export interface ClientDetails {
  readonly client: ClientRow;
  /** Every attribute of the company. */
  readonly attributes: readonly AttributeOfClient[];
  readonly tags: readonly { readonly id: string; readonly name: string }[];
  readonly comment: string;
}

/** An identity with its proof, as the wire shows it; null: proven before that was noted. */
function verifiedView(
  identity: Pick<ClientRow, 'external_id' | 'messenger_type' | 'messenger_user_id'>,
  proof: Proof | null,
): Verified {
  return {
    externalId: identity.external_id,
    messengerType: identity.messenger_type,
    messengerUserId: identity.messenger_user_id,
    by: proof?.by ?? 'before',
    key: proof?.key ?? null,
    at: proof === null ? null : wireDate(proof.at),
  };
}

/** A client in detail. */
export function clientView({ client, attributes, tags, comment }: ClientDetails): Client {
  return {
    id: client.id,
    externalId: client.external_id,
    messengerType: client.messenger_type,
    messengerUserId: client.messenger_user_id,
    verified: client.verified ? verifiedView(client, client.proof) : null,
    name: client.name,
    firstName: client.first_name,
    middleName: client.middle_name,
    lastName: client.last_name,
    phone: client.phone,
    email: client.email,
    timezone: client.timezone,
    attributes: attributes.map(({ id, name, value }) => ({ id, name, value })),
    tags: tags.map(({ id, name }) => ({ id, name })),
    comment,
    banned: client.banned_at !== null,
    bannedAt: wireDateOrNull(client.banned_at),
    createdAt: wireDate(client.created_at),
    updatedAt: wireDate(client.updated_at),
  };
}

/** An attribute in the list. */
export function attributeView(row: AttributeRow): Attribute {
  return { id: row.id, name: row.name, createdAt: wireDate(row.created_at), updatedAt: wireDate(row.updated_at) };
}

/** A tag in the list. */
export function tagView(row: TagRow): Tag {
  return { id: row.id, name: row.name, createdAt: wireDate(row.created_at) };
}
