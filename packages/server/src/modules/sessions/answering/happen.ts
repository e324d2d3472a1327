import { Failure } from '../../../platform/failure.ts';
import type { BotInput } from '../state/bot-input.ts';
import type { BotTurn, LocalBot, ReadyBot } from '../state/bot-port.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import { openQuestion, type Question } from '../state/floor.ts';
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

/** What a command came to: what was said, and what happened by it. */
interface Done {
  readonly said: readonly PlacedMessage[];
  readonly next: FloorEvent | null;
}

const done: Done = { said: [], next: null };

/**
 * Lets something happen to who answers, within the draft: the floor moves, what is to be done is done, and what that
 * comes to happens in turn. Answers what bots said; throws what the table refuses.
 */
export async function happen(draft: Draft, setting: StepSetting, event: FloorEvent): Promise<PlacedMessage[]> {
  const said: PlacedMessage[] = [];
  let turns = 0;
  for (let next: FloorEvent | null = event; next !== null;) {
    const outcome = advance(draft.session.floor, next, await factsOf(draft, setting, next));
    const takesTurn = 'commands' in outcome && outcome.commands.some((command) => command.do === 'turn');
    if (takesTurn && ++turns > MOST_TURNS) next = { is: 'failed', question: null };
    else {
      const result: Done = await apply(draft, setting, outcome);
      said.push(...result.said);
      next = result.next;
    }
  }
  wishTimers(draft, setting);
  return said;
}

/** Moves the floor and does what is to be done; throws what was refused. */
async function apply(draft: Draft, setting: StepSetting, outcome: Outcome): Promise<Done> {
  if ('refused' in outcome) throw new Failure(outcome.refused);
  const said: PlacedMessage[] = [];
  let next: FloorEvent | null = null;
  const { floor, commands } = outcome;
  // What is said in the name of who answers so far, and what the documented fields go by, comes before the move.
  for (const command of commands) if (isFirst(command)) said.push(...(await carryOut(draft, setting, command)).said);
  await moveTo(draft, setting, floor);
  for (const command of commands) {
    if (isFirst(command)) continue;
    const result = await carryOut(draft, setting, command);
    said.push(...result.said);
    next = result.next;
  }
  return { said, next };
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

async function carryOut(draft: Draft, setting: StepSetting, command: Command): Promise<Done> {
  switch (command.do) {
    case 'turn':
      return turn(draft, setting, command);
    case 'begin':
      await begin(draft, setting, command.bot.id);
      return done;
    case 'join': {
      const { id, name } = command.person;
      draft.set({ operators: joined(draft.session, { id, name, type: 'OPERATOR' }, draft.now) });
      return done;
    }
    case 'part': {
      const { operators } = draft.session;
      draft.set({ operators: operators.filter(({ id, type }) => type !== 'OPERATOR' || id !== command.person) });
      return done;
    }
    case 'ran': {
      const { options } = draft.session;
      draft.set({ options: { ...options, followUps: [...(options.followUps ?? []), command.end] } });
      return done;
    }
    case 'failed': {
      const { bot } = draft.session;
      if (bot !== null) draft.set({ bot: { ...bot, failed: true } });
      return done;
    }
    case 'route':
      wishRoute(draft, command.group);
      return done;
    case 'house':
      return { said: await house(draft, setting, command.text), next: null };
  }
}

/** The bot answers here and now, or is asked elsewhere after the commit. */
async function turn(
  draft: Draft,
  setting: StepSetting,
  { input, question }: Extract<Command, { do: 'turn' }>,
): Promise<Done> {
  const { session, now } = draft;
  const { floor } = session;
  if (floor.at !== 'bot') return done;
  const bot = await setting.bots.ready(floor.bot.id, session.companyId);
  // A bot that is gone answers nobody: people do.
  if (bot === undefined || session.bot === null) return { said: [], next: { is: 'failed', question: null } };
  if (bot.kind === 'remote') {
    const facts = await factsOf(draft, setting, { is: 'botDue', question });
    return apply(draft, setting, asked(floor, { id: question, input, askedAt: now }, facts));
  }
  const made = await localTurn(draft, bot, input);
  const said = takeIn(draft, setting, bot, made, { id: null, input });
  return { said, next: await comesTo(draft, setting, made, null) };
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
async function begin(draft: Draft, setting: StepSetting, botId: string): Promise<void> {
  const { session } = draft;
  const bot = await setting.bots.ready(botId, session.companyId);
  if (bot === undefined) return;
  const variables = session.bot?.state.variables ?? {};
  draft.set({
    botId: bot.id,
    bot: { state: bot.begin({ clientMetadata: {}, variables }) },
    operators: joined(session, { id: null, name: bot.name, type: 'BOT' }, draft.now),
    options: { ...session.options, previousBotId: session.botId },
  });
}

/** Says a text of the chat's own in the name of the session's bot; of the chat's where that one is gone. */
async function house(draft: Draft, setting: StepSetting, text: string): Promise<PlacedMessage[]> {
  const { botId, companyId } = draft.session;
  const name = (await setting.bots.ready(botId, companyId))?.name ?? setting.chat.botName;
  return say(draft, setting.ids, { id: botId, name }, [{ body: text }]);
}
