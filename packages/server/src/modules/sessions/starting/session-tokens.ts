import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import { Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { ChatRecord } from '../../chats/index.ts';
import { expiresAt, type HotSession } from '../state/session.ts';

const PREFIX = 's1.';

/** Whether a bearer text has the form of a session token. */
export function isSessionToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/**
 * Session tokens: `s1.<end in seconds, base 36>.<signature>`. With them a leaked session id alone opens nothing, where
 * the chat asks for it.
 */
export class SessionTokens {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(key: Uint8Array, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  /** A token that ends when the session would, counted from now. */
  issue(session: HotSession): string {
    const end = Math.ceil(Math.max(expiresAt(session), this.#clock.now() + session.ttl * 1000) / 1000).toString(36);
    return `${PREFIX}${end}.${this.#sign(session.id, end).toString('base64url')}`;
  }

  /** Whether the token is for this session and has not ended. */
  fits(token: string, sessionId: string): boolean {
    const [, end = '', signature = ''] = token.split('.');
    const expected = this.#sign(sessionId, end);
    const given = Buffer.from(signature, 'base64url');
    const alive = Number.parseInt(end, 36) * 1000 > this.#clock.now();
    return alive && given.length === expected.length && timingSafeEqual(given, expected);
  }

  /**
   * Lets a caller in who holds the session: a user of its company always, anybody with the id where the chat's
   * verification is off, else the bearer of its token. Throws `entity-not-found` for users of other companies.
   */
  admit(session: HotSession, chat: ChatRecord, caller: Pick<Caller, 'user' | 'sessionToken'>): void {
    if (caller.user !== null) {
      if (caller.user.companyId !== session.companyId) throw notFound();
      return;
    }
    if (caller.sessionToken !== null) {
      if (!this.fits(caller.sessionToken, session.id)) throw new Failure('session-token-refused');
      return;
    }
    if (chat.settings.identityVerification !== 'off') throw new Failure('session-token-refused');
  }

  #sign(sessionId: string, end: string): Buffer {
    return createHmac('sha256', this.#key).update(`${sessionId}.${end}`).digest();
  }
}
