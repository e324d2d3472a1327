import { createPublicKey, type KeyObject } from 'node:crypto';
import type { ChatSettings, IdentityKey } from '@molva/contract';
import { badField } from '../../platform/failure.ts';

/** Bits that an RSA key has at least: fewer can be broken. */
const LEAST_BITS = 2048;

/**
 * Keys as they are stored: public ones, as PEM, with the algorithm that each is for. Throws `invalid-input` with the place
 * of what is none.
 */
export function checkedKeys(keys: ChatSettings['identityKeys']): ChatSettings['identityKeys'] {
  const names = new Set<string>();
  return keys.map(({ kid, publicKey, alg: wanted }, at) => {
    const refuse = (field: string, reason: string) => badField(`identityKeys.${at}.${field}`, reason);
    if (names.has(kid)) throw refuse('kid', 'is there twice');
    names.add(kid);
    const key = readKey(publicKey);
    if (key === undefined) throw refuse('publicKey', 'must be a public key, as PEM or as a JSON Web Key');
    const alg = algorithmOf(key);
    if (alg === undefined) throw refuse('publicKey', `must be RSA of ${LEAST_BITS} bits or more, or EC on P-256`);
    if (wanted !== undefined && wanted !== alg) throw refuse('alg', `must be ${alg} with this key`);
    return { kid, alg, publicKey: String(key.export({ type: 'spki', format: 'pem' })) };
  });
}

/** The public key of what was given; undefined where it is none. Of a private one the public half could be made: it is refused. */
function readKey(given: IdentityKey['publicKey']): KeyObject | undefined {
  if (typeof given === 'string' ? /PRIVATE/.test(given) : 'd' in given) return undefined;
  try {
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): 'RS256' | 'ES256' | undefined {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'rsa') return modulusLength >= LEAST_BITS ? 'RS256' : undefined;
  return asymmetricKeyType === 'ec' && namedCurve === 'prime256v1' ? 'ES256' : undefined;
}
