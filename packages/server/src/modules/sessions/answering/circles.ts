import { shortId } from '../../../platform/log.ts';
import type { BotInput } from '../state/bot-input.ts';
import type { BotTurn } from '../state/bot-port.ts';
import type { Draft } from '../state/draft.ts';
import type { BotMemory } from '../state/session.ts';
import type { StepSetting } from './setting.ts';

/** Turns that a bot may take one after the other without its client: pauses and time-outs that lead to each other. */
const MOST_ALONE = 1_000;
/** Blocks of a turn that the log names, and characters of each. */
const TRACED = 8;
const TRACED_CHARACTERS = 40;

/** How many turns a bot took without its client, one to this input with them. */
export function aloneAfter(memory: BotMemory | null, input: BotInput): Pick<BotMemory, 'alone'> {
  const alone = input.kind === 'resume' || input.kind === 'timeout' ? (memory?.alone ?? 0) + 1 : 0;
  return alone === 0 ? {} : { alone };
}

/** Whether a bot took more turns without its client than it may; then it is told of. */
export function isInCircle(draft: Draft, setting: StepSetting, input: BotInput): boolean {
  const { alone = 0 } = aloneAfter(draft.session.bot, input);
  if (alone <= MOST_ALONE) return false;
  tellCircle(draft, setting, 'turns');
  return true;
}

/** Tells that a bot goes in a circle, and of what. */
export function tellCircle(
  draft: Draft,
  setting: StepSetting,
  of: 'blocks' | 'turns' | 'bots',
  path: readonly string[] = [],
): void {
  setting.notices.tell('bot-in-circle', {
    ...named(draft),
    of,
    ...(path.length === 0 ? {} : { trace: traceOf(path) }),
  });
}

/** The last blocks a turn went through: by them its author finds the circle. */
function traceOf(path: readonly string[]): string {
  return path
    .slice(-TRACED)
    .map((id) => id.slice(0, TRACED_CHARACTERS).toWellFormed())
    .join(' → ');
}

/** Tells of a turn that ended because it wanted too much. */
export function tellOverrun(draft: Draft, setting: StepSetting, { overrun = null, path }: BotTurn): void {
  if (overrun === 'blocks') tellCircle(draft, setting, overrun, path);
  else if (overrun !== null) setting.notices.tell('bot-over-budget', { ...named(draft), of: overrun });
}

function named({ session: { botId, chatId } }: Draft): { readonly bot: string; readonly chat: string | null } {
  return { bot: shortId(botId), chat: chatId && shortId(chatId) };
}
