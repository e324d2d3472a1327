import { wireDate } from '@molva/contract';
import type { ChatRecord } from '../../chats/index.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { BotInput } from '../state/bot-input.ts';
import type { BotMessage, BotSource, BotTurn, HandOverWish, ReadyBot } from '../state/bot-port.ts';
import { botCallback } from '../state/outgoing-calls.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import { answers, assign, handToBot, toHelp } from './hand-over.ts';
import type { OperatorSource } from '../state/operator-port.ts';
import type { FollowUp, HandOver } from '../state/session.ts';

/** While a bot pauses, its typing is shown again this often; clients hide it after five seconds. */
export const TYPING_REPEAT_MS = 3_000;

/** More questions than this in a row mean that a bot elsewhere does not answer. */
const MOST_ASKED = 100;

/** Who can answer in a session. */
export interface TurnPorts {
  readonly ids: Ids;
  readonly bots: BotSource;
  readonly operators: OperatorSource;
}

/** The rules a step of a session goes by. */
export interface StepSetting extends TurnPorts {
  readonly chat: ChatRecord;
  /** Whether what the bot says is sent to the session's callback address too. */
  readonly callBack: boolean;
}

/** What a turn is taken with. */
export interface TurnSetting extends StepSetting {
  readonly bot: ReadyBot;
}

/**
 * Lets the session's bot answer an input within the draft, and answers what was said. A bot elsewhere is asked after
 * the commit; its answer comes in a step of its own.
 */
export async function takeTurn(draft: Draft, setting: TurnSetting, input: BotInput): Promise<PlacedMessage[]> {
  const { bot } = setting;
  const position = draft.session.bot;
  if (position === null) return [];
  if (bot.kind === 'local') {
    const unsaved = draft.facts.filter(({ botId }) => botId === bot.id);
    const turn = await bot.turn(draft.session, position.state, input, draft.now, unsaved);
    return applyTurn(draft, setting, turn, input);
  }
  const asked = [...(position.asked ?? []), { id: setting.ids.uuid7(), input }];
  if (asked.length > MOST_ASKED) return giveUp(draft, setting);
  // What it was to be woken for is over: it is asked now. Only the wait for a promised answer goes on.
  const wake = position.wake?.kind === 'answer' ? position.wake : null;
  draft.set({ bot: { ...position, started: true, wake, asked } });
  draft.showTyping('BOT');
  draft.wakeAt('session-ask', draft.now);
  return [];
}

/** Makes what a bot's turn came to part of the draft. */
export async function applyTurn(
  draft: Draft,
  setting: TurnSetting,
  turn: BotTurn,
  input: BotInput,
): Promise<PlacedMessage[]> {
  const { bot, chat, ids } = setting;
  const said = speak(draft, ids, { id: bot.id, name: bot.name }, turn.messages);
  // Whoever runs a dialog waits for one call an input, also where the bot says nothing.
  const tells = setting.callBack && (turn.messages.length > 0 || draft.session.chatId === null);
  const callback = tells ? botCallback(draft.session, chat, bot, turn) : undefined;
  if (callback !== undefined) draft.deliver(callback);
  draft.saveFacts(bot.id, turn.facts);
  if (draft.session.chatId === null) trace(draft, turn, input);
  settle(draft, turn);
  if (turn.handOver !== null) {
    const wish = { ...turn.handOver, fallback: turn.handOver.fallback && input.kind !== 'operatorNotFound' };
    said.push(...(await handOver(draft, setting, wish, setting.bot)));
  } else if (turn.status === 'ERROR') said.push(...(await giveUp(draft, setting)));
  else if (turn.status === 'STOP') said.push(...(await endOrFollow(draft, setting, 'botEnded')));
  return said;
}

/** The bot failed: people go on. A dialog, which has no people, ends. */
export async function giveUp(draft: Draft, setting: StepSetting): Promise<PlacedMessage[]> {
  const { bot } = draft.session;
  draft.set({ botStatus: 'ERROR', bot: bot && { ...bot, wake: null, asked: [] } });
  if (draft.session.chatId !== null) {
    return handOver(draft, setting, { groupId: null, announcement: null, fallback: false });
  }
  draft.close(false);
  return [];
}

/** Lets the script follow that the chat has for this end, or ends the session. */
export async function endOrFollow(draft: Draft, setting: StepSetting, end: FollowUp): Promise<PlacedMessage[]> {
  const said = await followUp(draft, setting, end);
  if (said === undefined) draft.close(setting.chat.settings.sessionRatingRequired);
  return said ?? [];
}

async function followUp(draft: Draft, setting: StepSetting, end: FollowUp): Promise<PlacedMessage[] | undefined> {
  const { options, companyId } = draft.session;
  const botId = setting.chat.settings[`${end}BotId`];
  const followUps = options.followUps ?? [];
  // Each runs once: scripts that follow one another would never let a session end.
  if (botId === null || followUps.includes(end)) return undefined;
  const bot = await setting.bots.ready(botId, companyId);
  if (bot === undefined) return undefined;
  draft.set({ options: { ...options, followUps: [...followUps, end] } });
  await handToBot(draft, bot, setting.operators);
  return takeTurn(draft, { ...setting, bot }, { kind: 'start' });
}

/**
 * Finds a person for the session; where nobody is there the visitor is told, and the bot that wished for it, a script
 * or the help list goes on. `except` names people who are not to get it.
 */
export async function handOver(
  draft: Draft,
  setting: StepSetting,
  wish: HandOverWish,
  bot?: ReadyBot,
  except: readonly number[] = [],
): Promise<PlacedMessage[]> {
  const { chat, operators, ids } = setting;
  const { session } = draft;
  // Whoever runs a dialog by the bot API takes over himself.
  if (session.chatId === null) return [];
  const { groupId, announcement } = wish;
  const at = wireDate(draft.now);
  const operator = await operators.leastLoaded(session.companyId, groupId, except);
  draft.set({ handOver: { groupId, announcement, at, notFoundAt: operator === undefined ? at : null } });
  if (operator !== undefined) {
    if (!answers(draft.session, operator)) await assign(draft, operator, setting);
    return [];
  }
  draft.notify('OPERATOR_NOT_FOUND', { id: session.id, chatId: session.chatId, groupId });
  const body = chat.settings.operatorsBusyMessage;
  const speaker = { id: session.botId, name: bot?.name ?? chat.botName };
  const said = body === '' ? [] : speak(draft, ids, speaker, [{ ...silence, body }]);
  if (wish.fallback && bot !== undefined) {
    return [...said, ...(await takeTurn(draft, { ...setting, bot }, { kind: 'operatorNotFound' }))];
  }
  const followed = await followUp(draft, setting, 'operatorNotFound');
  if (followed === undefined) toHelp(draft);
  return [...said, ...(followed ?? [])];
}

/** The wish for a person a session was handed over with, for whoever comes next. */
export function sameWish(handed: HandOver | null): HandOverWish {
  return { groupId: handed?.groupId ?? null, announcement: handed?.announcement ?? null, fallback: false };
}

const silence: BotMessage = {
  body: '',
  type: 'REGULAR',
  answers: [],
  keyboard: null,
  attachments: [],
  actions: [],
  nodeId: '',
};

/** Says messages in a bot's name. */
function speak(
  draft: Draft,
  ids: Ids,
  bot: { readonly id: string; readonly name: string },
  messages: readonly BotMessage[],
): PlacedMessage[] {
  return messages.map((message) =>
    draft.addMessage({
      ...message,
      id: ids.uuid7(),
      authorType: 'BOT',
      authorId: bot.id,
      authorName: bot.name,
      nodeId: draft.session.chatId === null ? message.nodeId : undefined,
    }),
  );
}

function trace(draft: Draft, turn: BotTurn, input: BotInput): void {
  const { path, status, results, facts, messages } = turn;
  const said = messages.map(({ body, nodeId }) => ({ body, nodeId }));
  draft.traces.push(
    JSON.stringify({ input, path, status, results, facts, messages: said, variables: turn.state.variables }),
  );
}

/** Keeps where the bot stands and sets its timer. */
function settle(draft: Draft, turn: BotTurn): void {
  const asked = draft.session.bot?.asked ?? [];
  // A bot that is asked something already is not woken for what it waited for before.
  const waits = asked.length === 0 && turn.deadline !== null;
  const wake =
    turn.pause !== null
      ? ({ kind: 'resume', at: draft.now + turn.pause.ms, typing: turn.pause.typing } as const)
      : waits
        ? ({ kind: 'timeout', at: draft.now + (turn.deadline ?? 0) } as const)
        : null;
  const position = { state: turn.state, started: true, wake };
  draft.set({ bot: asked.length === 0 ? position : { ...position, asked }, botStatus: turn.status });
  if (Object.keys(turn.results).length > 0) draft.set({ result: JSON.stringify(turn.results) });
  if (turn.pause?.typing === true) draft.showTyping('BOT');
  if (wake !== null) {
    const early = wake.kind === 'resume' ? Math.min(wake.at, draft.now + TYPING_REPEAT_MS) : wake.at;
    draft.wakeAt('session-bot', early);
  }
}
