import { setImmediate } from 'node:timers/promises';
import { Failure } from '../../../platform/failure.ts';
import type { BotInput } from '../state/bot-input.ts';
import type { BotTurn, LocalBot, ReadyBot } from '../state/bot-port.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import { openQuestion, type Question } from '../state/floor.ts';
import { isInCircle, tellCircle } from './circles.ts';
import { joined, moveTo, wishRoute, wishTimers } from './effects.ts';
import { factsOf } from './facts.ts';
import { advance } from './floor/advance.ts';
import { asked } from './floor/bot-rows.ts';
import type { Command, FloorEvent } from './floor/events.ts';
import type { Outcome } from './floor/outcome.ts';
import type { StepSetting } from './setting.ts';
import { outcomeOf, say, takeIn } from './turns.ts';

/** More turns than this in one step mean that bots hand a session round between them. */
const MOST_TURNS = 8;

/**
 * Lets something happen to who answers, within the draft: the floor moves, what is to be done is done, and what that
 * comes to happens in turn. Answers what bots said; throws what the table refuses.
 */
export async function happen(draft: Draft, setting: StepSetting, event: FloorEvent): Promise<PlacedMessage[]> {
  const before = draft.messages.length;
  let turns = 0;
  for (let next: FloorEvent | null = event; next !== null;) {
    const outcome = advance(draft.session.floor, next, await factsOf(draft, setting, next));
    const takesTurn = 'commands' in outcome && outcome.commands.some((command) => command.do === 'turn');
    if (takesTurn && ++turns > MOST_TURNS) {
      tellCircle(draft, setting, 'bots');
      next = { is: 'failed', question: null };
    } else {
      // A turn may take as long as nobody else should wait twice.
      if (takesTurn && turns > 1) await setImmediate();
      next = await apply(draft, setting, outcome);
    }
  }
  wishTimers(draft, setting);
  return draft.messages.slice(before);
}

/** Moves the floor and does what is to be done; answers what happens by it, throws what was refused. */
async function apply(draft: Draft, setting: StepSetting, outcome: Outcome): Promise<FloorEvent | null> {
  if ('refused' in outcome) throw new Failure(outcome.refused);
  const { floor, commands } = outcome;
  // What is said in the name of who answers so far, and what the documented fields go by, comes before the move.
  for (const command of commands) if (isFirst(command)) await carryOut(draft, setting, command);
  if (floor !== draft.session.floor) await moveTo(draft, setting, floor);
  let next: FloorEvent | null = null;
  for (const command of commands) if (!isFirst(command)) next = await carryOut(draft, setting, command);
  return next;
}

function isFirst(command: Command): boolean {
  return command.do === 'house' || command.do === 'failed';
}

/** Takes an answer of a bot elsewhere as its turn; nothing where its question is no longer the one that is open. */
export async function answer(
  draft: Draft,
  setting: StepSetting,
  bot: ReadyBot,
  turn: BotTurn,
  question: Question,
): Promise<PlacedMessage[]> {
  if (openQuestion(draft.session.floor)?.id !== question.id) return [];
  const said = takeIn(draft, setting, bot, turn, question);
  return [...said, ...(await happen(draft, setting, await comesTo(draft, setting, turn, question.id)))];
}

/** Lets a bot answer here what it was asked while it was elsewhere. */
export async function turnHere(
  draft: Draft,
  setting: StepSetting,
  bot: LocalBot,
  question: Question,
): Promise<PlacedMessage[]> {
  return answer(draft, setting, bot, await localTurn(draft, bot, question.input), question);
}

/** Does what is to be done; answers what happens by it. */
function carryOut(
  draft: Draft,
  setting: StepSetting,
  command: Command,
): FloorEvent | null | Promise<FloorEvent | null> {
  switch (command.do) {
    case 'turn':
      return turn(draft, setting, command);
    case 'begin':
      return begin(draft, setting, command.bot.id);
    case 'join': {
      const { id, name } = command.person;
      draft.set({ operators: joined(draft.session, { id, name, type: 'OPERATOR' }, draft.now) });
      return null;
    }
    case 'part': {
      const { operators } = draft.session;
      draft.set({ operators: operators.filter(({ id, type }) => type !== 'OPERATOR' || id !== command.person) });
      return null;
    }
    case 'ran': {
      const { options } = draft.session;
      draft.set({ options: { ...options, followUps: [...(options.followUps ?? []), command.end] } });
      return null;
    }
    case 'failed': {
      const { bot } = draft.session;
      if (bot !== null) draft.set({ bot: { ...bot, failed: true } });
      return null;
    }
    case 'route':
      wishRoute(draft, command.group);
      return null;
    case 'house':
      return house(draft, setting, command.text);
  }
}

/** The bot answers here and now, or is asked elsewhere after the commit. */
async function turn(
  draft: Draft,
  setting: StepSetting,
  { input, question }: Extract<Command, { do: 'turn' }>,
): Promise<FloorEvent | null> {
  const { session, now } = draft;
  const { floor } = session;
  if (floor.at !== 'bot') return null;
  const bot = await setting.bots.ready(floor.bot.id, session.companyId);
  // A bot that is gone answers nobody, and one in a circle no longer: people do.
  if (bot === undefined || session.bot === null || isInCircle(draft, setting, input)) {
    return { is: 'failed', question: null };
  }
  if (bot.kind === 'remote') {
    const facts = await factsOf(draft, setting, { is: 'botDue', question });
    return apply(draft, setting, asked(floor, { id: question, input, askedAt: now }, facts));
  }
  const made = await localTurn(draft, bot, input);
  takeIn(draft, setting, bot, made, { id: null, input });
  return comesTo(draft, setting, made, null);
}

/** What a turn comes to; a group that the company has not is none: anybody of the company may take the session. */
async function comesTo(
  draft: Draft,
  setting: StepSetting,
  turn: BotTurn,
  question: string | null,
): Promise<FloorEvent> {
  const event = outcomeOf(turn, draft.now, question, setting.ids);
  if (event.is !== 'turnWishes' || event.wish.group === null || draft.session.chatId === null) return event;
  const group = await setting.operators.group(draft.session.companyId, event.wish.group);
  return { ...event, wish: { ...event.wish, group: group?.id ?? null } };
}

function localTurn(draft: Draft, bot: LocalBot, input: BotInput): Promise<BotTurn> {
  const { session, now } = draft;
  const unsaved = draft.facts.filter(({ botId }) => botId === bot.id);
  return bot.turn(session, session.bot?.state ?? { variables: {} }, input, now, unsaved);
}

/** A bot begins anew, with the variables there are. */
async function begin(draft: Draft, setting: StepSetting, botId: string): Promise<null> {
  const { session } = draft;
  const bot = await setting.bots.ready(botId, session.companyId);
  if (bot === undefined) return null;
  const variables = session.bot?.state.variables ?? {};
  draft.set({
    botId: bot.id,
    bot: { state: bot.begin({ clientMetadata: {}, variables }) },
    operators: joined(session, { id: null, name: bot.name, type: 'BOT' }, draft.now),
    options: { ...session.options, previousBotId: session.botId },
  });
  return null;
}

/** Says a text of the chat's own in the name of the session's bot; of the chat's where that one is gone. */
async function house(draft: Draft, setting: StepSetting, text: string): Promise<null> {
  const { botId, companyId } = draft.session;
  const name = (await setting.bots.ready(botId, companyId))?.name ?? setting.chat.botName;
  say(draft, setting.ids, { id: botId, name }, [{ body: text }]);
  return null;
}
