import type { ChatSettings } from '@molva/contract';

type Proofs = Pick<ChatSettings, 'identityVerification' | 'identitySecret' | 'identityKeys' | 'identityAudience'>;

/** Whether a change of a chat takes away what opened its sessions before: a key, a secret, an audience, or needing none. */
export function takesProofs(before: Proofs, after: Proofs): boolean {
  const keys = new Set(after.identityKeys.map(nameOf));
  return (
    (before.identityVerification === 'off' && after.identityVerification !== 'off') ||
    (before.identitySecret !== null && before.identitySecret !== after.identitySecret) ||
    (after.identityAudience !== null && before.identityAudience !== after.identityAudience) ||
    before.identityKeys.some((key) => !keys.has(nameOf(key)))
  );
}

function nameOf({ kid, publicKey }: ChatSettings['identityKeys'][number]): string {
  return JSON.stringify([kid, publicKey]);
}
