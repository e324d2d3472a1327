import { jwtVerify } from 'jose';
import { Failure } from '../../platform/failure.ts';
import type { ChatRecord } from '../chats/index.ts';

/** Who the integrator's page says its visitor is, signed with the chat's secret. */
export interface Identity {
  readonly externalId: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

/**
 * The identity of a signed token (HS256 with the chat's secret; `sub` is the client's external id and `exp` is
 * required). Null where there is no token and none is needed; throws `identity-refused` otherwise.
 */
export async function readIdentity(chat: ChatRecord, token: string | undefined, now: number): Promise<Identity | null> {
  const { identityVerification, identitySecret } = chat.settings;
  if (token === undefined) {
    if (identityVerification === 'required') throw new Failure('identity-refused');
    return null;
  }
  if (identitySecret === null) throw new Failure('identity-refused');
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(identitySecret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now),
    });
    const text = (claim: string): string | undefined => {
      const value = payload[claim];
      return typeof value === 'string' ? value.slice(0, 255) : undefined;
    };
    const [name, email, phone] = [text('name'), text('email'), text('phone')];
    return {
      externalId: String(payload.sub),
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
      ...(phone === undefined ? {} : { phone }),
    };
  } catch {
    throw new Failure('identity-refused');
  }
}
