import type { StartSessionBody } from '@molva/contract';
import type { Selectable } from 'kysely';
import type { Tables } from '../../platform/tables.ts';

/** Who the integrator's page says its visitor is, proven by a signature. */
export interface Identity {
  readonly externalId: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  /** The key that signed it, where keys have names. */
  readonly key?: string;
}

/** Who proved an identity, with which key, and when in milliseconds. */
export interface Proof {
  readonly by: 'identityToken' | 'company';
  readonly key: string | null;
  readonly at: number;
}

/** Columns of `clients`, all of them. */
export const clientColumns = [
  'id',
  'company_id',
  'external_id',
  'messenger_type',
  'messenger_user_id',
  'verified',
  'proof',
  'claimed',
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

/** What a call says of its client, and how far its word goes. */
export interface ClientClaim {
  readonly companyId: number;
  readonly body: StartSessionBody;
  /** A signed identity decides, whatever else is named. */
  readonly identity: Identity | null;
  /** The caller is a user of the company, whose word is a proof; the key it came with. */
  readonly company: { readonly key: string | null } | null;
  /** The chat believes what anybody says of an identity: such clients are found again by it, and proven by nothing. */
  readonly believes: boolean;
  /** The chat verifies who its clients are: an id alone opens no client that was proven. */
  readonly verifies: boolean;
  readonly now: number;
}

/** An identity that a client can be known by. */
export type Named =
  | { readonly external_id: string }
  | { readonly messenger_type: string; readonly messenger_user_id: string };

/** The identities a claim names, those first that count first. Beside a signed one nothing else is believed. */
export function namedIn({ identity, body }: ClientClaim): Named[] {
  if (identity !== null) return [{ external_id: identity.externalId }];
  const { messengerType, messengerUserId, clientExternalId } = body;
  const inMessenger = messengerType !== undefined && messengerUserId !== undefined;
  return [
    ...(inMessenger ? [{ messenger_type: messengerType, messenger_user_id: messengerUserId }] : []),
    ...(clientExternalId === undefined ? [] : [{ external_id: clientExternalId }]),
  ];
}

/** How far the word of a claim goes: it proves, it is believed where it was made, or it is no more than said. */
export function weightOf({ identity, company, believes }: ClientClaim): 'proven' | 'claimed' | 'said' {
  if (identity !== null) return 'proven';
  if (believes) return 'claimed';
  return company === null ? 'said' : 'proven';
}
