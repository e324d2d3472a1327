import type { ChatRecord } from '../chats/index.ts';
import type { Ids } from '../../platform/ids.ts';
import type { BotInput, BotMessage, BotTurn, ReadyBot } from './bot-port.ts';
import { botCallback } from './callbacks.ts';
import type { Draft, PlacedMessage } from './draft.ts';

/** While a bot pauses, its typing is shown again this often; clients hide it after five seconds. */
export const TYPING_REPEAT_MS = 3_000;

/** What a turn is taken with. */
export interface TurnSetting {
  readonly bot: ReadyBot;
  readonly chat: ChatRecord;
  readonly ids: Ids;
  /** Whether what the bot says is sent to the session's callback address too. */
  readonly callBack: boolean;
}

/** Lets the session's bot answer an input within the draft, and answers what it said. */
export function takeTurn(draft: Draft, setting: TurnSetting, input: BotInput): PlacedMessage[] {
  const { bot, chat } = setting;
  const said: PlacedMessage[] = [];
  const spoken: BotMessage[] = [];
  let state = draft.session.bot?.state;
  let next: BotInput | null = input;
  let turn: BotTurn | undefined;
  while (next !== null) {
    turn = bot.turn(draft.session, state, next, draft.now);
    state = turn.state;
    for (const message of turn.messages) {
      said.push(say(draft, setting, message));
      spoken.push(message);
    }
    next = null;
    if (turn.handOver !== null) {
      // Nobody is there to take over: the visitor is told so, and the bot goes on as its script says.
      const body = chat.settings.operatorsBusyMessage;
      if (body !== '') said.push(say(draft, setting, { ...silence, body }));
      next = { kind: 'operatorNotFound' };
    }
  }
  if (turn !== undefined) settle(draft, setting, turn);
  if (setting.callBack && spoken.length > 0 && turn !== undefined) {
    const callback = botCallback(draft.session, bot, turn, spoken);
    if (callback !== undefined) draft.deliver(callback);
  }
  return said;
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

function say(draft: Draft, { bot, ids }: TurnSetting, message: BotMessage): PlacedMessage {
  return draft.addMessage({
    id: ids.uuid7(),
    authorType: 'BOT',
    authorId: bot.id,
    authorName: bot.name,
    body: message.body,
    type: message.type,
    answers: message.answers,
    keyboard: message.keyboard,
    attachments: message.attachments,
    actions: message.actions,
  });
}

/** Keeps where the bot stands, sets its timer, and ends the session with its script. */
function settle(draft: Draft, { chat }: TurnSetting, turn: BotTurn): void {
  const wake =
    turn.pause !== null
      ? ({ kind: 'resume', at: draft.now + turn.pause.ms, typing: turn.pause.typing } as const)
      : turn.deadline !== null
        ? ({ kind: 'timeout', at: draft.now + turn.deadline } as const)
        : null;
  draft.set({ bot: { state: turn.state, started: true, wake }, botStatus: turn.status });
  if (Object.keys(turn.results).length > 0) draft.set({ result: JSON.stringify(turn.results) });
  if (turn.pause?.typing === true) draft.showTyping();
  if (wake !== null) {
    const early = wake.kind === 'resume' ? Math.min(wake.at, draft.now + TYPING_REPEAT_MS) : wake.at;
    draft.wakeAt('session-bot', early);
  }
  if (turn.status === 'STOP' || turn.status === 'ERROR') draft.close(chat.settings.sessionRatingRequired);
}
