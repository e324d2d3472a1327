import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import type { DueWish } from '../../../platform/due.ts';
import { Failure, notFound } from '../../../platform/failure.ts';
import { shortId } from '../../../platform/log.ts';
import { cut } from '../../../platform/text.ts';
import type { AskContext, BotTurn, RemoteBot } from '../state/bot-port.ts';
import type { Draft } from '../state/draft.ts';
import { openQuestion, type Question } from '../state/floor.ts';
import { fitsData } from '../state/session-data.ts';
import type { HotSession } from '../state/session.ts';
import { NEWEST } from '../state/steps.ts';
import type { SessionStore } from '../state/store.ts';
import { withGiven } from './given-meanwhile.ts';
import { isUuid } from '../../../platform/ids.ts';
import { answer, happen, turnHere } from './happen.ts';
import type { StepSetting } from './setting.ts';
import { SpokenParts } from './spoken-parts.ts';
import type { StepRunner } from './step-runner.ts';
import { nextLook, TYPING_REPEAT_MS } from './timers-of.ts';

/** What asking needs. */
export interface RemoteTurnPorts {
  readonly clock: Clock;
  readonly store: Pick<SessionStore, 'history'>;
  readonly tokenKey: KeyObject;
}

/** Characters of a reason that the log shows: a bot elsewhere has a part in it. */
const SHOWN = 300;

/**
 * What asking came to: nothing where it was called off, as somebody else answers or nobody does, or where the process
 * stops.
 */
type Given = BotTurn | 'later' | 'called off' | 'stopping' | { readonly failed: string };

/** A question that is to be asked now, of a session as it is. */
interface Asking {
  readonly session: HotSession;
  readonly question: Question;
  readonly bot: RemoteBot;
}

/**
 * Turns of bots elsewhere. They are asked after the commit that made the question, one at a time within a session and in
 * order; the answer, at once or later, becomes a step of its own. A bot that fails or stays silent hands over to people.
 */
export class RemoteTurns {
  readonly #runner: StepRunner;
  readonly #ports: RemoteTurnPorts;

  constructor(runner: StepRunner, ports: RemoteTurnPorts) {
    this.#runner = runner;
    this.#ports = ports;
  }

  /** The work of the timer `session-ask`: what is to be asked is read in the session's own order. */
  async ask(id: string, wish: DueWish): Promise<number | null> {
    const found = await this.#runner.run(id, (draft, setting) => this.#look(draft, setting), { atLeast: wish.version });
    if (typeof found !== 'object' || found === null) return found;
    const { session, question } = found;
    let given: Given;
    {
      using aborting = this.#runner.aborts.open(question.id);
      using _typing = this.#showTyping(id, question.id);
      using parts = new SpokenParts(this.#runner, this.#ports.clock, session.id, question.id);
      const { signal } = aborting;
      const history = (most: number) => this.#ports.store.history(session.id, most);
      given = await this.#askBot(found, { signal, history, emit: (part) => parts.emit(part) });
      // The last part is heard before the whole.
      if (isTurn(given)) await parts.finish();
    }
    // Whoever starts next asks again, under the same id.
    if (given === 'stopping') return this.#ports.clock.now();
    return this.#runner.run(id, async (draft, setting) => {
      if (openQuestion(draft.session.floor)?.id === question.id) {
        await this.#take(draft, setting, found, given);
      }
      return nextLook(draft, setting.chat, 'session-ask');
    });
  }

  /** Takes an answer that came later; throws `entity-not-found`, `answer-late` or `invalid-input`. */
  async answer(replyToken: string, body: unknown): Promise<void> {
    const [sessionId = '', questionId = '', signature = ''] = replyToken.split('.');
    const expected = this.#sign(sessionId, questionId);
    const given = Buffer.from(signature, 'base64url');
    if (!isUuid(sessionId) || given.length !== expected.length || !timingSafeEqual(given, expected)) throw notFound();
    // A refusal made up on memory could be of a question that was asked since.
    await this.#runner.run(
      sessionId,
      async (draft, setting) => {
        const { floor, bot: memory, botId, companyId } = draft.session;
        const question = openQuestion(floor);
        const bot = await setting.bots.ready(botId, companyId);
        if (question?.id !== questionId || bot?.kind !== 'remote' || memory === null) throw new Failure('answer-late');
        await answer(draft, setting, bot, bot.read(memory.state, body, question.input), question);
      },
      { atLeast: NEWEST },
    );
  }

  /** What is to be asked; or when to look again, where a bot is gone, is no longer elsewhere, or has promised. */
  async #look(draft: Draft, setting: StepSetting): Promise<Asking | number | null> {
    const { session, now } = draft;
    const { floor } = session;
    const question = openQuestion(floor);
    if (question === undefined || floor.at !== 'bot' || floor.phase.is !== 'asking') return null;
    const bot = await setting.bots.ready(floor.bot.id, session.companyId);
    const { promised } = floor.phase;
    if (bot === undefined || session.bot === null) await this.#fail(draft, setting, question, 'the bot is gone');
    // A bot that became a scenario meanwhile answers as one.
    else if (bot.kind === 'local') await turnHere(draft, setting, bot, question);
    else if (promised === null) return { session, question, bot };
    else if (promised <= now) await this.#fail(draft, setting, question, 'the answer did not come');
    else draft.showTyping('BOT');
    return nextLook(draft, setting.chat, 'session-ask');
  }

  /** The answer; `later`, or what kept it from giving one. */
  async #askBot({ session, question, bot }: Asking, context: AskContext): Promise<Given> {
    const { id, input } = question;
    try {
      const replyToken = `${session.id}.${id}.${this.#sign(session.id, id).toString('base64url')}`;
      return await bot.ask(session, session.bot?.state ?? { variables: {} }, { id, input, replyToken }, context);
    } catch (error) {
      if (this.#runner.stopping.aborted) return 'stopping';
      if (context.signal.aborted) return 'called off';
      return { failed: (error as Error).message };
    }
  }

  async #take(
    draft: Draft,
    setting: StepSetting,
    { session, question, bot }: Asking,
    given: Exclude<Given, 'stopping'>,
  ): Promise<void> {
    if (given === 'called off') return;
    if (given === 'later') {
      await happen(draft, setting, { is: 'promised', question: question.id, until: draft.now + bot.answerTimeoutMs });
    } else if ('failed' in given) await this.#fail(draft, setting, question, given.failed);
    else if (!fitsData(session.bot?.state ?? null, withGiven(given.state, draft.session.bot))) {
      await this.#fail(draft, setting, question, 'there would be too much data');
    } else await answer(draft, setting, bot, given, question);
  }

  async #fail(draft: Draft, setting: StepSetting, question: Question, reason: string): Promise<void> {
    const { id, chatId, botId } = draft.session;
    setting.notices.tell('bot-unanswered', {
      bot: shortId(botId),
      session: shortId(id),
      reason: cut(reason, SHOWN),
    });
    if (chatId === null) draft.traces.push(JSON.stringify({ input: question.input, failed: reason }));
    await happen(draft, setting, { is: 'failed', question: question.id });
  }

  /** While a bot thinks its typing is shown again before clients hide it, as long as it is what answers. */
  #showTyping(id: string, question: string): Disposable {
    const { clock } = this.#ports;
    const show = (): void => {
      void this.#runner
        .run(id, (draft) => {
          if (openQuestion(draft.session.floor)?.id === question) draft.showTyping('BOT');
        })
        .catch(() => undefined);
      timer = clock.setTimeout(show, TYPING_REPEAT_MS);
    };
    let timer = clock.setTimeout(show, TYPING_REPEAT_MS);
    return { [Symbol.dispose]: () => timer.cancel() };
  }

  #sign(sessionId: string, questionId: string): Buffer {
    return createHmac('sha256', this.#ports.tokenKey).update(`answer.${sessionId}.${questionId}`).digest();
  }
}

function isTurn(given: Given): given is BotTurn {
  return typeof given === 'object' && !('failed' in given);
}
