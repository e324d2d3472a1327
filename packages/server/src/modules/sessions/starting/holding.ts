import { Failure, notFound } from '../../../platform/failure.ts';
import type { Holder } from '../../../platform/route.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { Identity } from '../../clients/index.ts';
import { readIdentity } from './identity.ts';
import type { IdentityTokens } from './identity-tokens.ts';
import type { HotSession } from '../state/session.ts';
import type { StartRequest } from './request.ts';
import type { SessionTokens } from './session-tokens.ts';
import type { LiveSession } from './start-store.ts';

/** Whether a signed identity is the one that a session was begun under: no other opens it, whatever else is shown. */
export function isTheirs({ externalId }: Identity, { verified }: Pick<LiveSession, 'verified'>): boolean {
  return verified !== null && verified.externalId === externalId;
}

/** Lets a signed identity into its own session; throws `entity-not-found` where it is another's, or none that holds. */
export async function admitIdentity(
  tokens: IdentityTokens,
  session: Pick<LiveSession, 'verified'>,
  chat: ChatRecord,
  { token, at }: NonNullable<Holder['identity']>,
): Promise<void> {
  const identity = await readIdentity(tokens, chat, token, false, at).catch(refused);
  if (identity === null || !isTheirs(identity, session)) throw notFound();
}

/**
 * Whether a start may go on with a session that it names, or that was found for its client: with the identity the session
 * was begun under where it brings one, else as a user of its company, as a holder where nothing is verified, or with the
 * session's token.
 */
export function mayContinue(
  { chat, caller, identity, company }: StartRequest,
  session: HotSession,
  tokens: Pick<SessionTokens, 'fits'>,
): boolean {
  if (identity !== null) return isTheirs(identity, session);
  if (company !== null) return true;
  // A user of another company holds nothing here.
  if (caller.user !== null) return false;
  if (chat.settings.identityVerification === 'off') return true;
  return caller.sessionToken !== null && tokens.fits(caller.sessionToken, session);
}

/** A token that proves nothing; whatever else failed is thrown on. */
function refused(error: unknown): null {
  if (error instanceof Failure) return null;
  throw error;
}
