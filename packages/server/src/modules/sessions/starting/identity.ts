import { Failure } from '../../../platform/failure.ts';
import { brokenTextIn, cut } from '../../../platform/text.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { Identity } from '../../clients/index.ts';
import type { IdentityTokens } from './identity-tokens.ts';

/** Characters of an external id, as a start without a token may have them. */
const LONGEST = 255;

/**
 * The identity of a token that was signed with a key of the chat; `sub` is the client's external id. Null where there is
 * no token and none is needed; throws `identity-refused` otherwise.
 * @param byCompany the caller is a user of the chat's company, whose word needs no signature
 */
export async function readIdentity(
  tokens: IdentityTokens,
  chat: ChatRecord,
  token: string | undefined,
  byCompany: boolean,
  now: number,
): Promise<Identity | null> {
  if (token === undefined) {
    if (chat.settings.identityVerification === 'required' && !byCompany) throw new Failure('identity-refused');
    return null;
  }
  try {
    const { payload, kid } = await tokens.check(chat.settings, token, now);
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
      ...(kid === null ? {} : { key: kid }),
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
      ...(phone === undefined ? {} : { phone }),
    };
  } catch {
    throw new Failure('identity-refused');
  }
}
