import type { BotUserMessage } from '../state/bot-input.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import type { Phase } from '../state/floor.ts';
import { moveTo, wishTimers } from './effects.ts';
import { happen } from './happen.ts';
import type { StepSetting } from './setting.ts';

/** How long the first words wait for somebody who hears them live. */
const UNHEARD_MS = 10_000;

/** When a bot that begins says its first words. */
export type FirstWords = 'now' | 'whenHeard' | 'whenSpokenTo';

/** What the first turn of a bot begins with. */
interface FirstTurn {
  /** The block it begins at. */
  readonly nodeId?: string | undefined;
  /** What the client began with, and the first words answer. */
  readonly message?: BotUserMessage | undefined;
}

/** Lets the bot of a session that begins speak: now, when somebody joins, or when the client has spoken. */
export async function speakFirst(
  draft: Draft,
  setting: StepSetting,
  when: FirstWords,
  { nodeId, message }: FirstTurn = {},
): Promise<PlacedMessage[]> {
  const { floor } = draft.session;
  if (floor.at !== 'bot') return [];
  const first = { ...(nodeId ? { nodeId } : {}), ...(message ? { message } : {}) };
  await moveTo(draft, setting, { ...floor, phase: { ...phaseFor(when, draft.now), ...first } });
  if (when === 'now') return happen(draft, setting, { is: 'botDue', question: setting.ids.uuid7() });
  wishTimers(draft, setting);
  return [];
}

/**
 * Lets a bot that waits for somebody who hears it say its first words before its client goes on: the turn of its own that
 * they are at the first join, so that what the client says is one of its own too. Nothing where it has spoken, or where
 * it waits for what the client says.
 */
export async function speakBefore(draft: Draft, setting: StepSetting): Promise<PlacedMessage[]> {
  const { floor } = draft.session;
  if (floor.at !== 'bot' || floor.phase.is !== 'silent' || floor.phase.until !== 'join') return [];
  return happen(draft, setting, { is: 'clientJoined', question: setting.ids.uuid7() });
}

function phaseFor(when: FirstWords, now: number): Extract<Phase, { is: 'silent' }> {
  if (when === 'whenSpokenTo') return { is: 'silent', until: 'message', at: null };
  return { is: 'silent', until: 'join', at: when === 'now' ? now : now + UNHEARD_MS };
}
