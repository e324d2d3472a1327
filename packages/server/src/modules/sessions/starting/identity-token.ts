import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { ChatRecord } from '../../chats/index.ts';

/** A key with the one algorithm it is for: what the header of a token says of it never counts. */
interface Candidate {
  readonly algorithm: 'HS256' | 'RS256' | 'ES256';
  readonly key: KeyObject;
  /** The name of a public key; null of the shared secret. */
  readonly kid: string | null;
}

/** What a token proves, and which key of the chat it was signed with; null names the shared secret. */
export interface CheckedToken {
  readonly payload: JWTPayload;
  readonly kid: string | null;
}

/** A clock that signs may be ahead of this one by so many seconds. */
const SKEW_SECONDS = 60;

/**
 * Checks an identity token with the keys of its chat: the public key it names, else each in turn. It has a subject and an
 * end that is no further ahead than the chat allows, and is for the audience that the chat names. Throws where it is not.
 */
export async function verifyIdentity(
  settings: ChatRecord['settings'],
  token: string,
  now: number,
): Promise<CheckedToken> {
  const { identityAudience } = settings;
  let refused: unknown = new Error('there is no key');
  for (const { algorithm, key, kid } of candidates(settings, decodeProtectedHeader(token).kid)) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(now),
        // For the beginning: the end is looked at to the second.
        clockTolerance: SKEW_SECONDS,
        ...(identityAudience === null ? {} : { audience: identityAudience }),
      });
      if (!isInTime(payload, settings, now)) throw new Error('the token is not of this time');
      return { payload, kid };
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}

/**
 * Whether a token that was checked has begun and not ended, and ends no further ahead than the chat allows. The clock of
 * who signs may be a minute ahead of ours: it begins by that, and ends by ours.
 */
export function isInTime(
  { exp = 0, nbf = 0 }: JWTPayload,
  { identityMaxAge }: Pick<ChatRecord['settings'], 'identityMaxAge'>,
  now: number,
): boolean {
  const seconds = now / 1000;
  return nbf <= seconds + SKEW_SECONDS && seconds < exp && exp - seconds <= identityMaxAge + SKEW_SECONDS;
}

function candidates({ identityKeys, identitySecret }: ChatRecord['settings'], named: unknown): Candidate[] {
  const own = identityKeys.filter(({ kid }) => kid === named);
  const keys = (own.length > 0 ? own : identityKeys).map(({ kid, alg = 'RS256', publicKey }): Candidate => {
    return { algorithm: alg, key: createPublicKey(publicKey as string), kid };
  });
  if (own.length > 0 || identitySecret === null) return keys;
  return [{ algorithm: 'HS256', key: createSecretKey(identitySecret, 'utf8'), kid: null }, ...keys];
}
