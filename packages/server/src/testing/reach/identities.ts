import { SignJWT, UnsecuredJWT } from 'jose';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AUDIENCE, identityKey, identitySecret, type Guarded } from './guarded.ts';

const { privateKey: strangeKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Identities that say they are the first client's and prove nothing, by what is wrong with them. */
export async function brokenIdentities({ subject, identityToken }: Guarded): Promise<Readonly<Record<string, string>>> {
  const secret = (text: string): KeyObject => createSecretKey(text, 'utf8');
  const own = secret(identitySecret);
  const claims = { sub: subject, aud: AUDIENCE };
  const sign = (key: KeyObject, { aud = AUDIENCE, end = '1h', header = { alg: 'HS256' } } = {}): Promise<string> =>
    new SignJWT({ ...claims, aud }).setProtectedHeader(header).setExpirationTime(end).sign(key);
  const strange = (kid: string): Promise<string> =>
    sign(strangeKey, { header: { alg: 'ES256', kid } as { alg: string } });
  return {
    'an identity that has ended': await sign(own, { end: '-1h' }),
    'an identity without an end': await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(own),
    'an identity that ends too late': await sign(own, { end: '30d' }),
    'an identity for another audience': await sign(own, { aud: 'another shop' }),
    'an identity whose signature was changed': `${identityToken.slice(0, -8)}AAAAAAAA`,
    'an identity of another chat': await sign(secret('a secret of somebody else, as long as it has to be')),
    'an identity of a key that is not there': await strange('another key'),
    'an identity that names a key and is of another': await strange('the key'),
    'an identity that the public key signed': await sign(secret(identityKey)),
    'an identity that nobody signed': new UnsecuredJWT(claims).setExpirationTime('1h').encode(),
  };
}
