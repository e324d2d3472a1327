import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import type { DueWish } from '../../../platform/due.ts';
import { Failure, notFound } from '../../../platform/failure.ts';
import { shortId, type Log } from '../../../platform/log.ts';
import { OutgoingError } from '../../../platform/outgoing.ts';
import { isUuid } from './client-message.ts';
import type { BotTurn, RemoteBot } from '../state/bot-port.ts';
import type { Draft } from '../state/draft.ts';
import type { HotSession } from '../state/session.ts';
import { NEWEST } from '../state/steps.ts';
import type { DecideBy, StepRunner } from './step-runner.ts';
import { applyTurn, giveUp, takeTurn, TYPING_REPEAT_MS, type StepSetting } from './turns.ts';

type Question = NonNullable<NonNullable<HotSession['bot']>['asked']>[number];

/** What asking needs. */
export interface RemoteTurnPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly tokenKey: Uint8Array;
}

/**
 * Questions to bots elsewhere. They are asked after the commit that made them, one at a time within a session and in
 * order; the answer, at once or later, becomes a step of its own. A bot that fails or stays silent hands over to people.
 */
export class RemoteTurns {
  readonly #runner: StepRunner;
  readonly #ports: RemoteTurnPorts;

  constructor(runner: StepRunner, ports: RemoteTurnPorts) {
    this.#runner = runner;
    this.#ports = ports;
  }

  /** The work of the timer `session-ask`. */
  async ask(id: string, wish: DueWish): Promise<number | null> {
    const { clock } = this.#ports;
    const open = await this.#runner.run(
      id,
      async (draft, { bots }) => {
        const { session } = draft;
        const [question] = openQuestions(session);
        if (question === undefined || session.bot === null) return null;
        const bot = await bots.ready(session.botId, session.companyId);
        const late = bot?.kind === 'remote' && session.bot.wake?.kind === 'answer' ? session.bot.wake.at : null;
        if (late !== null && late > draft.now) draft.showTyping('BOT');
        return { session, question, bot, state: session.bot.state, late };
      },
      { atLeast: wish.version },
    );
    if (open === null) return null;
    const { session, question, bot, state, late } = open;
    if (late !== null) {
      const now = clock.now();
      return late > now ? Math.min(late, now + TYPING_REPEAT_MS) : this.#fail(id, question, 'the answer did not come');
    }
    if (bot === undefined) return this.#fail(id, question, 'the bot is gone');
    // A bot that became a scenario meanwhile answers as one.
    if (bot.kind === 'local')
      return this.#settle(id, question, (draft, setting) => takeTurn(draft, { ...setting, bot }, question.input));
    using _typing = this.#showTyping(id);
    let answer: BotTurn | 'later';
    try {
      answer = await bot.ask(session, state, { ...question, replyToken: this.#token(id, question.id) });
    } catch (error) {
      // The process stops: whoever starts next asks again, under the same id.
      if (error instanceof OutgoingError && error.reason === 'aborted') throw error;
      return this.#fail(id, question, (error as Error).message);
    }
    if (answer !== 'later') return this.#apply(id, question, bot, answer);
    const at = clock.now() + bot.answerTimeoutMs;
    await this.#runner.run(id, (draft) => {
      const position = draft.session.bot;
      if (position === null || openQuestions(draft.session)[0]?.id !== question.id) return;
      draft.set({ bot: { ...position, wake: { kind: 'answer', at } } });
    });
    return Math.min(at, clock.now() + TYPING_REPEAT_MS);
  }

  /** Takes an answer that came later; throws `entity-not-found`, `answer-late` or `invalid-input`. */
  async answer(replyToken: string, body: unknown): Promise<void> {
    const [sessionId = '', questionId = '', signature = ''] = replyToken.split('.');
    const expected = this.#sign(sessionId, questionId);
    const given = Buffer.from(signature, 'base64url');
    if (!isUuid(sessionId) || given.length !== expected.length || !timingSafeEqual(given, expected)) throw notFound();
    const decide: DecideBy<unknown> = async (draft, setting) => {
      const { botId, companyId } = draft.session;
      const [question] = openQuestions(draft.session);
      const bot = await setting.bots.ready(botId, companyId);
      if (question?.id !== questionId || bot?.kind !== 'remote') throw new Failure('answer-late');
      return this.#end(draft, () =>
        this.#take(draft, { ...setting, bot }, question, (state) => bot.read(state, body, question.input)),
      );
    };
    // A refusal made up on memory could be of a question that another node has asked since.
    await this.#runner.run(sessionId, decide, { atLeast: NEWEST });
  }

  #apply(id: string, question: Question, bot: RemoteBot, answer: BotTurn): Promise<number | null> {
    return this.#settle(id, question, (draft, setting) =>
      this.#take(draft, { ...setting, bot }, question, () => answer),
    );
  }

  async #take(
    draft: Draft,
    setting: StepSetting & { readonly bot: RemoteBot },
    question: Question,
    turnFrom: (state: NonNullable<HotSession['bot']>['state']) => BotTurn,
  ): Promise<void> {
    const position = draft.session.bot;
    if (position !== null) await applyTurn(draft, setting, turnFrom(position.state), question.input);
  }

  async #fail(id: string, question: Question, reason: string): Promise<null> {
    this.#ports.log.warn({ session: shortId(id), reason }, 'a bot did not answer: the dialog goes to people');
    await this.#settle(id, question, async (draft, setting) => {
      if (draft.session.chatId === null) draft.traces.push(JSON.stringify({ input: question.input, failed: reason }));
      await giveUp(draft, setting);
    });
    return null;
  }

  /** Ends a question, if it is still the one that is open, and says when the next one is to be asked. */
  #settle(
    id: string,
    question: Question,
    work: (draft: Draft, setting: StepSetting) => Promise<unknown>,
  ): Promise<number | null> {
    return this.#runner.run(id, async (draft, setting) =>
      openQuestions(draft.session)[0]?.id === question.id ? this.#end(draft, () => work(draft, setting)) : null,
    );
  }

  async #end(draft: Draft, work: () => Promise<unknown>): Promise<number | null> {
    const position = draft.session.bot;
    const [, ...rest] = openQuestions(draft.session);
    if (position === null) return null;
    draft.set({ bot: { ...position, wake: null, asked: rest } });
    await work();
    if (openQuestions(draft.session).length === 0) return null;
    draft.wakeAt('session-ask', draft.now);
    return draft.now;
  }

  /** While a bot thinks its typing is shown again before clients hide it. */
  #showTyping(id: string): Disposable {
    const { clock } = this.#ports;
    const show = (): void => {
      void this.#runner.run(id, (draft) => draft.showTyping('BOT')).catch(() => undefined);
      timer = clock.setTimeout(show, TYPING_REPEAT_MS);
    };
    let timer = clock.setTimeout(show, TYPING_REPEAT_MS);
    return { [Symbol.dispose]: () => timer.cancel() };
  }

  #token(sessionId: string, questionId: string): string {
    return `${sessionId}.${questionId}.${this.#sign(sessionId, questionId).toString('base64url')}`;
  }

  #sign(sessionId: string, questionId: string): Buffer {
    return createHmac('sha256', this.#ports.tokenKey).update(`answer.${sessionId}.${questionId}`).digest();
  }
}

/** The questions of a session that its bot still has to answer, the oldest first. */
function openQuestions(session: HotSession): readonly Question[] {
  return session.status === 'CLOSED' || session.operatorType !== 'BOT' ? [] : (session.bot?.asked ?? []);
}
