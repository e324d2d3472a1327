import type { Draft, PlacedMessage } from '../state/draft.ts';
import type { Phase } from '../state/floor.ts';
import { moveTo, wishTimers } from './effects.ts';
import { happen } from './happen.ts';
import type { StepSetting } from './setting.ts';

/** How long the first words wait for somebody who hears them live. */
const UNHEARD_MS = 10_000;

/** When a bot that begins says its first words. */
export type FirstWords = 'now' | 'whenHeard' | 'whenSpokenTo';

/** Lets the bot of a session that begins speak: now, when somebody joins, or when the client has spoken. */
export async function speakFirst(
  draft: Draft,
  setting: StepSetting,
  when: FirstWords,
  nodeId?: string,
): Promise<PlacedMessage[]> {
  const { floor } = draft.session;
  if (floor.at !== 'bot') return [];
  await moveTo(draft, setting, { ...floor, phase: { ...phaseFor(when, draft.now), ...(nodeId ? { nodeId } : {}) } });
  if (when === 'now') return happen(draft, setting, { is: 'botDue', question: setting.ids.uuid7() });
  wishTimers(draft, setting);
  return [];
}

function phaseFor(when: FirstWords, now: number): Extract<Phase, { is: 'silent' }> {
  if (when === 'whenSpokenTo') return { is: 'silent', until: 'message', at: null };
  return { is: 'silent', until: 'join', at: when === 'now' ? now : now + UNHEARD_MS };
}
