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
    return this.#isFor(token, sessionId) && endOf(token) > this.#clock.now();
  }

  /**
   * Lets a caller in who holds the session: a user of its company always, anybody with the id where the chat's
   * verification is off, else the bearer of its token. To everybody else the session looks as one that is not there:
   * throws `entity-not-found`. Who had its token and lets it end learns to renew it: `session-token-refused`.
   */
  admit(session: HotSession, chat: ChatRecord, { user, sessionToken }: Pick<Caller, 'user' | 'sessionToken'>): void {
    if (user !== null) {
      if (user.companyId !== session.companyId) throw notFound();
      return;
    }
    if (chat.settings.identityVerification === 'off') return;
    if (sessionToken === null || !this.#isFor(sessionToken, session.id)) throw notFound();
    if (!this.fits(sessionToken, session.id)) throw new Failure('session-token-refused');
  }

  #isFor(token: string, sessionId: string): boolean {
    const [, end = '', signature = ''] = token.split('.');
    const expected = this.#sign(sessionId, end);
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #sign(sessionId: string, end: string): Buffer {
    return createHmac('sha256', this.#key).update(`${sessionId}.${end}`).digest();
  }
}

/** When a token ends, in milliseconds; a text that names no instant has ended. */
function endOf(token: string): number {
  const seconds = Number.parseInt(token.split('.')[1] ?? '', 36);
  return Number.isNaN(seconds) ? 0 : seconds * 1000;
}
