import { wireDate, type SessionStarted } from '@molva/contract';
import { badField, Failure } from '../../../platform/failure.ts';
import type { PlacedMessage } from '../state/draft.ts';
import type { SessionTokens } from './session-tokens.ts';
import { settling } from '../state/floor.ts';
import type { HotSession } from '../state/session.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { MessageRow } from '../state/message-row.ts';
import { MOST_TOLD, type SessionStore } from '../state/store.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import type { StartRequest } from './request.ts';
import { askedWith, makerOf, wasSigned } from './start-key.ts';
import type { StartStore } from './start-store.ts';
import { startedMessage, startedRow } from './view.ts';

/** How a start ended. */
export interface StartOutcome {
  readonly started: SessionStarted;
  readonly created: boolean;
  readonly replayed: boolean;
}

/** A start's outcome, before it is told. */
export interface Told {
  readonly session: HotSession;
  readonly said: readonly PlacedMessage[];
  readonly messageId: string | undefined;
}

/** What telling needs. */
export interface StartAnswerPorts {
  readonly runner: StepRunner;
  readonly store: SessionStore;
  readonly starts: StartStore;
  readonly tokens: SessionTokens;
  readonly waiter: TurnWaiter;
}

/** The answers of start and continue: the first ones, and those of repeats. */
export class StartAnswers {
  readonly #ports: StartAnswerPorts;

  constructor(ports: StartAnswerPorts) {
    this.#ports = ports;
  }

  /** What was said at once, and what a bot says that is not done while the caller may be kept waiting. */
  async tell(told: Told, later: boolean): Promise<SessionStarted> {
    const { runner, store, waiter } = this.#ports;
    const said = told.said.map(startedMessage);
    let { session } = told;
    let rows: readonly MessageRow[] = [];
    if (!later && settling(session.floor)) {
      await waiter.settled(session.id);
      const before = session.lastSeq;
      session = await runner.steps.get(session.id);
      rows = await store.botMessages(session.id, before, session.lastSeq);
      said.push(...rows.map(startedRow));
    }
    return this.#started(toldOf(session, rows), later ? [] : said, told.messageId);
  }

  /**
   * The answer of the start under a key, to who made it and as it was made; undefined where there was none. Throws
   * `identity-refused` where a signature is missing that made it, `start-key-used` for any other difference.
   */
  async ofStart(request: StartRequest, key: string): Promise<StartOutcome | undefined> {
    const { chat, chatId, body, identity, company, caller, fileIds, later } = request;
    const found = await this.#ports.starts.startedUnder(chatId, key);
    if (found === undefined) return undefined;
    const { sessionId, messageId, madeBy, asked } = found;
    if (madeBy !== null && madeBy !== makerOf(identity, company === null ? null : caller.user)) {
      throw new Failure(wasSigned(madeBy) ? 'identity-refused' : 'start-key-used');
    }
    if (asked?.equals(askedWith(body, identity, fileIds)) === false) throw new Failure('start-key-used');
    const session = await this.#ports.runner.steps.get(sessionId);
    if (session.clientBanned) throw new Failure('client-banned');
    // Whoever is known by the key alone gets no token again once those there were are revoked.
    const isRevoked = session.tokenEpoch > 0 && chat.settings.identityVerification !== 'off';
    if (isRevoked && (madeBy ?? '') === '') throw new Failure('start-key-used');
    // A start's own message is the first of its session.
    return this.#repeat(sessionId, messageId === null ? 0 : 1, messageId, later);
  }

  /** The answer of the continue whose message came under a key; undefined where there was none. */
  async ofMessage(sessionId: string, key: string, later: boolean): Promise<StartOutcome | undefined> {
    const message = await this.#ports.store.messageByKey(sessionId, key);
    if (message === undefined) return undefined;
    if (message.author_type !== 'CLIENT') throw badField('clientMessageId', 'was used for a message of somebody else');
    this.#ports.runner.steps.learned(sessionId, message.event_seq);
    return this.#repeat(sessionId, message.seq, message.id, later);
  }

  /** What the bot answered after a place, also where it is still at it. */
  async #repeat(id: string, after: number, messageId: string | null, later: boolean): Promise<StartOutcome> {
    const { runner, store, waiter } = this.#ports;
    if (!later && settling((await runner.steps.get(id)).floor)) await waiter.settled(id);
    const rows: readonly MessageRow[] = later ? [] : await store.answersTo(id, after);
    const session = await runner.steps.get(id);
    const started = this.#started(toldOf(session, rows), later ? [] : rows.map(startedRow), messageId ?? undefined);
    return { started, created: false, replayed: true };
  }

  #started(session: HotSession, messages: SessionStarted['messages'], messageId: string | undefined): SessionStarted {
    return {
      id: session.id,
      clientId: session.clientId,
      startedAt: wireDate(session.startedAt),
      ttl: session.ttl,
      messages,
      ...(messageId === undefined ? {} : { messageId }),
      eventSeq: session.lastEventSeq,
      sessionToken: this.#ports.tokens.issue(session),
    };
  }
}

/** The session as far as an answer tells of it: what an answer has no room for comes after its `eventSeq`. */
function toldOf(session: HotSession, rows: readonly MessageRow[]): HotSession {
  const last = rows.length < MOST_TOLD ? undefined : rows.at(-1);
  return last === undefined ? session : { ...session, lastEventSeq: last.event_seq };
}
