import { EventName } from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import type { DueRunner, DueWish } from '../../../platform/due.ts';
import { Failure } from '../../../platform/failure.ts';
import type { RemoteTurns } from './remote-turns.ts';
import { botOf } from './client-message.ts';
import { botIsBusy, expiresAt } from '../state/session.ts';
import type { DecideBy, StepRunner } from './step-runner.ts';
import type { SessionStore } from '../state/store.ts';
import { endOrFollow, giveUp, handOver, sameWish, takeTurn, TYPING_REPEAT_MS } from './turns.ts';

/** What the timers need. */
export interface TimerPorts {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly runner: StepRunner;
  readonly remoteTurns: RemoteTurns;
  readonly store: SessionStore;
}

const DAY_MS = 86_400_000;
/** How often a script that follows a time-out is looked after while it is busy. */
const FOLLOW_UP_MS = 5_000;
/** Questions to bots elsewhere that may be under way at a time: they wait for others, and cost next to nothing here. */
const QUESTIONS_AT_ONCE = 512;
/** The one key of timers that belong to no session. */
const HOUSE = '00000000-0000-0000-0000-000000000000';

/**
 * What happens to a session by itself. A timer is written once and looks at the session when it fires: a session that
 * lived on moves its end, so that no message needs to touch a timer.
 */
export class Timers {
  readonly #ports: TimerPorts;

  constructor(ports: TimerPorts) {
    this.#ports = ports;
  }

  /** Takes on the sessions' kinds of timers. */
  register(): void {
    const { due } = this.#ports;
    due.handle('session-expiry', (id, wish) => this.#ifThere(() => this.#expire(id, wish)));
    due.handle('session-bot', (id, wish) => this.#ifThere(() => this.#wakeBot(id, wish)));
    due.handle('session-ask', (id, wish) => this.#ifThere(() => this.#ports.remoteTurns.ask(id, wish)), {
      atOnce: QUESTIONS_AT_ONCE,
    });
    due.handle('session-idle', (id, wish) => this.#ifThere(() => this.#passFromIdle(id, wish)));
    due.handle('session-rating', (id, wish) => this.#ifThere(() => this.#askForRating(id, wish)));
    due.handle('session-starts', () => this.#forgetStarts());
  }

  /** Sets the timers that belong to no session. */
  async begin(): Promise<void> {
    await this.#ports.due.at('session-starts', HOUSE, this.#ports.clock.now());
  }

  /** Ends a session whose life time has passed, unless the chat lets a script follow; or says when to look again. */
  #expire(id: string, wish: DueWish): Promise<number | null> {
    return this.#step(id, wish, async (draft, setting) => {
      if (draft.session.status === 'CLOSED') return null;
      const end = expiresAt(draft.session);
      if (end > draft.now) return end;
      // The script that follows may be about to speak: what it says moves the end.
      const follows = draft.session.options.followUps?.includes('clientTimeout') === true;
      if (follows && botIsBusy(draft.session)) return draft.now + FOLLOW_UP_MS;
      await endOrFollow(draft, setting, 'clientTimeout');
      const after = draft.session;
      return after.status === 'CLOSED' ? null : Math.max(expiresAt(after), draft.now + FOLLOW_UP_MS);
    });
  }

  /** Lets a paused bot go on, or one that waited too long; shows typing while a pause lasts. */
  #wakeBot(id: string, wish: DueWish): Promise<number | null> {
    return this.#step(id, wish, async (draft, setting) => {
      const wake = draft.session.bot?.wake ?? null;
      if (draft.session.status === 'CLOSED' || draft.session.operatorType !== 'BOT') return null;
      if (wake === null || wake.kind === 'answer') return null;
      if (wake.at > draft.now) {
        if (wake.kind === 'timeout') return wake.at;
        if (wake.typing) draft.showTyping('BOT');
        return Math.min(wake.at, draft.now + TYPING_REPEAT_MS);
      }
      const bot = await botOf(setting.bots, draft);
      if (bot === undefined) await giveUp(draft, setting);
      else await takeTurn(draft, { ...setting, bot }, { kind: wake.kind });
      const next = draft.session.bot?.wake;
      return next === null || next === undefined || next.kind === 'answer' ? null : next.at;
    });
  }

  /** Passes a session on whose operator has not answered for as long as the chat allows. */
  #passFromIdle(id: string, wish: DueWish): Promise<number | null> {
    return this.#step(id, wish, async (draft, setting) => {
      const { status, operatorType, operatorId, handOver: handed } = draft.session;
      const asked = draft.session.firstClientMessageAfterAt;
      const idle = setting.chat.settings.allowableOperatorIdleTime * 1000;
      if (status === 'CLOSED' || operatorType !== 'OPERATOR' || operatorId === '' || idle === 0) return null;
      if (asked === null) return null;
      const end = Math.max(asked, draft.session.operatorAssignedAt ?? 0) + idle;
      if (end > draft.now) return end;
      await handOver(draft, setting, sameWish(handed), undefined, [Number(operatorId)]);
      return null;
    });
  }

  /** Asks for a rating while the session goes on, unless there is one. */
  #askForRating(id: string, wish: DueWish): Promise<null> {
    return this.#step(id, wish, async (draft, { chat }) => {
      if (draft.session.status === 'CLOSED' || (await this.#ports.store.isRated(id))) return null;
      const { ratingType, ratingText } = chat.settings;
      draft.addEvent(EventName.ratingRequested, { sessionId: id, ratingType, ratingText });
      return null;
    });
  }

  async #forgetStarts(): Promise<number> {
    const now = this.#ports.clock.now();
    await this.#ports.store.forgetStartKeys(now - DAY_MS);
    return now + DAY_MS / 24;
  }

  /** A step on a session that is not older than the wish. */
  #step<T>(id: string, { version }: DueWish, decide: DecideBy<T>): Promise<T> {
    return this.#ports.runner.run(id, decide, { atLeast: version });
  }

  async #ifThere(work: () => Promise<number | null>): Promise<number | null> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure && error.code === 'entity-not-found') return null;
      throw error;
    }
  }
}
