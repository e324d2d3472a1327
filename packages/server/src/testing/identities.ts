import { SignJWT } from 'jose';

/** The secret of chats whose visitors sign in. */
export const IDENTITY_SECRET = 'a secret of more than thirty-two characters';

/** An identity token of a visitor, signed with that secret unless another is given. */
export function identityOf(subject: string, claims: Record<string, unknown> = {}, secret = IDENTITY_SECRET) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
}
