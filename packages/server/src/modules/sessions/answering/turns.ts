import type { Ids } from '../../../platform/ids.ts';
import type { BotInput } from '../state/bot-input.ts';
import type { BotMessage, BotTurn, ReadyBot } from '../state/bot-port.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import { aloneAfter, tellOverrun } from './circles.ts';
import type { FloorEvent, NamedBot } from './floor/events.ts';
import { withGiven } from './given-meanwhile.ts';
import type { StepSetting } from './setting.ts';

/** What a turn answers; `id` is that of the question, null where the bot took its turn here. */
interface Answered {
  readonly id: string | null;
  readonly input: BotInput;
}

/**
 * Makes what a bot's turn says and keeps part of the draft; who answers next is for the floor to say. The first message
 * has the id of the question: parts of it may have been shown under that id, by whichever process asked.
 */
export function takeIn(
  draft: Draft,
  setting: StepSetting,
  bot: ReadyBot,
  turn: BotTurn,
  { id, input }: Answered,
): PlacedMessage[] {
  const said = say(draft, setting.ids, bot, turn.messages, id);
  const dialog = draft.session.chatId === null;
  // Whoever runs a dialog waits for one call an input, also where the bot says nothing.
  const tells = setting.callBack && (turn.messages.length > 0 || dialog);
  if (tells) draft.tellAnswers(bot, turn);
  draft.saveFacts(bot.id, turn.facts);
  if (dialog) trace(draft, turn, input);
  const before = draft.session.bot;
  const { alone: _alone, given: _given, ...memory } = before ?? {};
  draft.set({ bot: { ...memory, ...aloneAfter(before, input), state: withGiven(turn.state, before) } });
  tellOverrun(draft, setting, turn);
  if (Object.keys(turn.results).length > 0) draft.set({ result: JSON.stringify(turn.results) });
  return said;
}

/**
 * What a turn comes to for who answers.
 * @param question what it answers; null where the bot took its turn here
 */
export function outcomeOf(turn: BotTurn, now: number, question: string | null, ids: Ids): FloorEvent {
  const { handOver, status, pause, deadline } = turn;
  if (handOver !== null) {
    const { groupId: group, announcement: note, fallback } = handOver;
    return { is: 'turnWishes', question, wish: { group, note, fallback } };
  }
  if (status === 'ERROR') return { is: 'failed', question };
  if (status === 'STOP') return { is: 'turnEnds', question, next: ids.uuid7() };
  if (pause !== null) return { is: 'turnPauses', question, until: now + pause.ms, typing: pause.typing };
  return { is: 'turnWaits', question, deadline: deadline === null ? null : now + deadline };
}

/**
 * Says messages in a bot's name.
 * @param first the id of the first of them; null where it gets one of its own
 */
export function say(
  draft: Draft,
  ids: Ids,
  { id, name }: NamedBot,
  messages: readonly (Pick<BotMessage, 'body'> & Partial<BotMessage>)[],
  first: string | null = null,
): PlacedMessage[] {
  return messages.map((message, index) =>
    draft.addMessage({
      ...message,
      id: (index === 0 ? first : null) ?? ids.uuid7(),
      authorType: 'BOT',
      authorId: id,
      authorName: name,
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
