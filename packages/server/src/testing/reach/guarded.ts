import type { SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { nobody, type Identity, type Tenant } from '../operations/tenant.ts';

/** What the page signs identities with. */
export const identitySecret = 'a secret of thirty-two characters or more';

/** Whom the page's identities are for. */
export const AUDIENCE = 'the shop';

/** A public key that identities may be signed for beside the secret. */
export const { publicKey: identityKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** A chat that asks for a proof, with two sessions in it, of one client each. */
export interface Guarded {
  readonly chatId: string;
  readonly session: SessionStarted;
  readonly other: SessionStarted;
  /** Who the client of the first one is. */
  readonly subject: string;
  /** Proofs of who the clients are. */
  readonly identityToken: string;
  readonly otherIdentityToken: string;
}

/** A text as a bearer. */
export function bearer(token: string | undefined): Identity {
  return { authorization: `Bearer ${token ?? ''}` };
}

/** A proof that a client is who it says. */
export function signedIdentity(subject: string, secret = identitySecret): Promise<string> {
  return new SignJWT({ sub: subject, aud: AUDIENCE })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
}

/** Begins two sessions in a new chat that verifies. */
export async function startGuarded(tenant: Tenant, identityVerification: 'optional' | 'required'): Promise<Guarded> {
  const identityKeys = [{ kid: 'the key', alg: 'ES256', publicKey: identityKey }];
  const chatId = await tenant.chat({ identityVerification, identitySecret, identityKeys, identityAudience: AUDIENCE });
  const start = (identityToken: string): Promise<SessionStarted> => startIn(tenant, chatId, identityToken);
  const subject = crypto.randomUUID();
  const identityToken = await signedIdentity(subject);
  const otherIdentityToken = await signedIdentity(crypto.randomUUID());
  const [session, other] = [await start(identityToken), await start(otherIdentityToken)];
  return { chatId, session, other, subject, identityToken, otherIdentityToken };
}

/** Begins a session under a proof. */
export function startIn(tenant: Tenant, chatId: string, identityToken: string): Promise<SessionStarted> {
  return tenant.do('POST', `/chats/${chatId}/sessions`, { identityToken, messageBody: 'Mine' }, nobody);
}
