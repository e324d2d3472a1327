import { wireDate, type Verified } from '@molva/contract';
import type { ClientRow, Identity } from '../../clients/index.ts';

/** Whom a session was begun for by a proof, and what proved it; `at` in milliseconds. */
export interface SessionProof {
  readonly externalId: string | null;
  readonly messengerType: string | null;
  readonly messengerUserId: string | null;
  readonly by: 'identityToken' | 'company';
  readonly key: string | null;
  readonly at: number;
}

/** Who begins a session, as far as that proves who its client is. */
export interface Beginner {
  readonly identity: Identity | null;
  /** A user of the company, and the key it came with. */
  readonly company: { readonly key: string | null } | null;
  readonly now: number;
}

/** What a session is begun under: a signed identity, else the company's word about a client that is proven. */
export function proofBehind({ identity, company, now }: Beginner, client: ClientRow): SessionProof | null {
  if (identity !== null) {
    const { externalId, key = null } = identity;
    return { externalId, messengerType: null, messengerUserId: null, by: 'identityToken', key, at: now };
  }
  if (company === null || !client.verified) return null;
  return {
    externalId: client.external_id,
    messengerType: client.messenger_type,
    messengerUserId: client.messenger_user_id,
    by: 'company',
    key: company.key,
    at: now,
  };
}

/** A proof as the wire shows it. */
export function shownProof(proof: SessionProof | null): Verified | null {
  return proof && { ...proof, at: wireDate(proof.at) };
}
