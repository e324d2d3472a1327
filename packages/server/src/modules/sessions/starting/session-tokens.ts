import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import { Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { ChatRecord } from '../../chats/index.ts';
import { isHeld, type HotSession } from '../state/session.ts';

const PREFIX = 's2.';
/** Of builds whose tokens have an end of their own in place of an epoch. They are of the first epoch. */
const ENDING_PREFIX = 's1.';

/** Whether a bearer text has the form of a session token. */
export function isSessionToken(token: string): boolean {
  return token.startsWith(PREFIX) || token.startsWith(ENDING_PREFIX);
}

/**
 * Session tokens: `s2.<epoch of the session's tokens, base 36>.<signature>`. With them a leaked session id alone opens
 * nothing, where the chat asks for it. A token holds as long as its session is held: the session slides, so the token
 * has no end of its own.
 */
export class SessionTokens {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(key: Uint8Array, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  /** The token of a session, until its tokens are revoked. */
  issue({ id, tokenEpoch }: HotSession): string {
    const signed = `${PREFIX}${tokenEpoch.toString(36)}`;
    return `${signed}.${this.#sign(`${id}.${signed}`).toString('base64url')}`;
  }

  /** Whether the token is one of this session that was not revoked, and the session is still held. */
  fits(token: string, session: HotSession): boolean {
    return this.#epochOf(token, session.id) === session.tokenEpoch && isHeld(session, this.#clock.now());
  }

  /**
   * Lets a caller in who holds the session: a user of its company always, anybody with the id where the chat's
   * verification is off, else the bearer of its token. To everybody else the session looks as one that is not there:
   * throws `entity-not-found`. Who has a token of it
   * that was revoked, or that ended with it, learns to begin anew: `session-token-refused`.
   */
  admit(session: HotSession, chat: ChatRecord, { user, sessionToken }: Pick<Caller, 'user' | 'sessionToken'>): void {
    if (user !== null) {
      if (user.companyId !== session.companyId) throw notFound();
      return;
    }
    // Where no token is needed a bad one refuses nothing.
    if (chat.settings.identityVerification === 'off') return;
    if (sessionToken === null || this.#epochOf(sessionToken, session.id) === null) throw notFound();
    if (!this.fits(sessionToken, session)) throw new Failure('session-token-refused');
  }

  /** The epoch that a token of the session was made in; null where it is none of this session. */
  #epochOf(token: string, sessionId: string): number | null {
    const [form = '', middle = '', signature = ''] = token.split('.');
    const ending = `${form}.` === ENDING_PREFIX;
    const expected = this.#sign(`${sessionId}.${ending ? middle : `${form}.${middle}`}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return ending ? 0 : Number.parseInt(middle, 36);
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
