import { jwtVerify } from 'jose';
import { Failure } from '../../../platform/failure.ts';
import { brokenTextIn, cut } from '../../../platform/text.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { Identity } from '../../clients/index.ts';

/** Characters of an external id, as a start without a token may have them. */
const LONGEST = 255;

/**
 * The identity of a signed token (HS256 with the chat's secret; `sub` is the client's external id and `exp` is
 * required). Null where there is no token and none is needed; throws `identity-refused` otherwise.
 * @param byCompany the caller is a user of the chat's company, whose word needs no signature
 */
export async function readIdentity(
  chat: ChatRecord,
  token: string | undefined,
  byCompany: boolean,
  now: number,
): Promise<Identity | null> {
  const { identityVerification, identitySecret } = chat.settings;
  if (token === undefined) {
    if (identityVerification === 'required' && !byCompany) throw new Failure('identity-refused');
    return null;
  }
  if (identitySecret === null) throw new Failure('identity-refused');
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(identitySecret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now),
    });
    const externalId = typeof payload.sub === 'string' ? payload.sub : '';
    if (externalId === '' || externalId.length > LONGEST || brokenTextIn(externalId) !== undefined)
      throw new Failure('identity-refused');
    const text = (claim: string): string | undefined => {
      const value = payload[claim];
      if (typeof value !== 'string' || brokenTextIn(value) !== undefined) return undefined;
      return cut(value, LONGEST);
    };
    const [name, email, phone] = [text('name'), text('email'), text('phone')];
    return {
      externalId,
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
      ...(phone === undefined ? {} : { phone }),
    };
  } catch {
    throw new Failure('identity-refused');
  }
}
