import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import { Failure, notFound } from '../../../platform/failure.ts';
import type { Memory, MemoryPart } from '../../../platform/memory.ts';
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

/** What the tokens of a session are signed with now. */
interface Expected {
  readonly epoch: number;
  readonly signature: Buffer;
}

/** Bytes of a signature as it is kept. */
const EXPECTED_BYTES = 256;

/**
 * Session tokens: `s2.<epoch of the session's tokens, base 36>.<signature>`. With them a leaked session id alone opens
 * nothing, where the chat asks for it. A token holds as long as its session is held: the session slides, so the token
 * has no end of its own.
 *
 * Kept is what a session's token has to be, and never that one was good: each call is compared with it, and whether the
 * session is held, and in which epoch, is looked at in each call. Whoever tries many tokens leaves none of them here.
 */
export class SessionTokens {
  readonly #key: KeyObject;
  readonly #clock: Clock;
  /** By the id of the session. */
  readonly #expected: MemoryPart<string, Expected>;

  constructor(key: KeyObject, clock: Clock, memory: Memory) {
    this.#key = key;
    this.#clock = clock;
    this.#expected = memory.part({ name: 'session-token', bytesOf: () => EXPECTED_BYTES });
  }

  /** The token of a session, until its tokens are revoked. */
  issue({ id, tokenEpoch }: HotSession): string {
    const signed = `${PREFIX}${tokenEpoch.toString(36)}`;
    return `${signed}.${this.#sign(`${id}.${signed}`).toString('base64url')}`;
  }

  /** Whether the token is one of this session that was not revoked, and the session is still held. */
  fits(token: string, session: HotSession): boolean {
    return this.#holds(this.#epochOf(token, session), session);
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
    const epoch = sessionToken === null ? null : this.#epochOf(sessionToken, session);
    if (epoch === null) throw notFound();
    if (!this.#holds(epoch, session)) throw new Failure('session-token-refused');
  }

  #holds(epoch: number | null, session: HotSession): boolean {
    return epoch === session.tokenEpoch && isHeld(session, this.#clock.now());
  }

  /** The epoch that a token of the session was made in; null where it is none of this session. */
  #epochOf(token: string, session: HotSession): number | null {
    const [form = '', middle = '', signature = ''] = token.split('.');
    const ending = `${form}.` === ENDING_PREFIX;
    const current = `${form}.` === PREFIX && middle === session.tokenEpoch.toString(36);
    const expected = current
      ? this.#expectedOf(session)
      : this.#sign(`${session.id}.${ending ? middle : `${form}.${middle}`}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return ending ? 0 : Number.parseInt(middle, 36);
  }

  /** The signature of the session's token of this epoch. */
  #expectedOf({ id, tokenEpoch: epoch }: HotSession): Buffer {
    const known = this.#expected.find(id);
    if (known?.epoch === epoch) return known.signature;
    const signature = this.#sign(`${id}.${PREFIX}${epoch.toString(36)}`);
    this.#expected.put(id, { epoch, signature });
    return signature;
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
