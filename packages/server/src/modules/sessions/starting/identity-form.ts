import { decodeJwt } from 'jose';

/**
 * Whether a bearer text has the form of an identity token: a JWT about a `sub`, which names no company as a user's token
 * does. Whether it proves anything is found out where the chat is known.
 */
export function isIdentityToken(token: string): boolean {
  if (token.split('.').length !== 3) return false;
  try {
    const claims = decodeJwt(token);
    return typeof claims.sub === 'string' && !('company_id' in claims);
  } catch {
    return false;
  }
}
