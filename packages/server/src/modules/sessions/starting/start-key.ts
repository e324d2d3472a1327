import { createHash } from 'node:crypto';
import type { StartSessionBody } from '@molva/contract';
import { badField } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { Identity } from '../../clients/index.ts';
import { idempotencyKey } from '../answering/client-message.ts';

/** The keys that a start can be repeated by. */
export interface StartKeys {
  /** Of the start itself: a secret of its caller, as a repeat is answered with the session's token. */
  readonly start: string | undefined;
  /** Of its message, which others see with the message: it brings nobody a session. */
  readonly message: string | undefined;
}

const RANDOM_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** Characters that a key of somebody known has at least. */
const SHORTEST = 16;

/**
 * The keys of a start, by its header and what its body calls the message. Throws `invalid-input` for a key that can be
 * guessed: of a caller that nobody knows it is all that a repeat is known by.
 * @param isKnown whether the caller is of the company, or brings a signed identity
 */
export function startKeys(
  header: string | undefined,
  clientMessageId: string | undefined,
  isKnown: boolean,
): StartKeys {
  if (header === undefined) return { start: undefined, message: clientMessageId?.toLowerCase() };
  if (!isKnown) {
    if (!RANDOM_UUID.test(header)) throw badField('Idempotency-Key', 'must be a random UUID (version 4)');
  } else if (header.length < SHORTEST) {
    throw badField('Idempotency-Key', `must be at least ${SHORTEST} characters, best a random UUID`);
  }
  // What the message shows is made of the key, and the key cannot be made of it.
  const message = clientMessageId?.toLowerCase() ?? idempotencyKey(undefined, `the message of ${header}`);
  return { start: idempotencyKey(undefined, header), message };
}

/** What names a signed caller as the maker of a start. */
const SIGNED = 'sub ';

/** Who makes a start, as far as that is proven; empty: nobody knows. */
export function makerOf(identity: Identity | null, user: Caller['user']): string {
  if (identity !== null) return SIGNED + identity.externalId;
  return user === null ? '' : `user ${user.id}`;
}

/** Whether the maker of a start was known by a signed identity. */
export function wasSigned(madeBy: string): boolean {
  return madeBy.startsWith(SIGNED);
}

/** A digest of the client that a start names, where no signature does, and of its message: the same for a repeat. */
export function askedWith(body: StartSessionBody, identity: Identity | null, files: readonly string[]): Buffer {
  const { clientId, clientExternalId, messengerType, messengerUserId, messageBody, replyToMessageId } = body;
  const named = identity === null ? [clientId?.toLowerCase(), clientExternalId, messengerType, messengerUserId] : [];
  const asked = [named, messageBody, files, replyToMessageId].map((part) => part ?? null);
  return createHash('sha256').update(JSON.stringify(asked)).digest();
}
