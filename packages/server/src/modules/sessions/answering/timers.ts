import { EventName } from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import type { DueHandler, DueRunner, DueShare } from '../../../platform/due.ts';
import { botTypes } from '../state/floor.ts';
import { SessionBusy } from '../state/steps.ts';
import type { SessionStore } from '../state/store.ts';
import type { FloorEvent } from './floor/events.ts';
import { happen } from './happen.ts';
import type { RemoteTurns } from './remote-turns.ts';
import { holdEvents } from './routed.ts';
import { unlessGone, type StepRunner } from './step-runner.ts';
import { nextLook, type FloorTimer } from './timers-of.ts';

/** What the timers need. */
export interface TimerPorts {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly runner: StepRunner;
  readonly remoteTurns: RemoteTurns;
  readonly store: SessionStore;
}

const DAY_MS = 86_400_000;
/** Questions to bots elsewhere that may be under way at a time: they wait for others, and cost next to nothing here. */
const QUESTIONS_AT_ONCE = 512;
/**
 * Ends that are under way at a time, of which one company has 24: a statement of sixteen and one of eight. All the ends of
 * an hour may be due in one second, and nobody waits for them.
 */
const ENDS = { atOnce: 32, rests: true };
/** How soon an end is tried again whose session somebody else is writing. */
const BUSY_MS = 1_000;
/** The one key of timers that belong to no session. */
export const HOUSE = '00000000-0000-0000-0000-000000000000';

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
    const { due, remoteTurns, runner } = this.#ports;
    const question = (): string => runner.ports.ids.uuid7();
    const handle = (kind: string, handler: DueHandler, options?: DueShare): void =>
      due.handle(kind, (key, wish) => unlessGone(null, () => handler(key, wish)), options);
    handle(
      'session-expiry',
      unlessBusy(
        this.#ports.clock,
        this.#floorTimer('session-expiry', () => ({ is: 'lifeDue', question: question() }), true),
      ),
      ENDS,
    );
    handle(
      'session-bot',
      this.#floorTimer('session-bot', () => ({ is: 'botDue', question: question() })),
    );
    handle(
      'session-wait',
      this.#floorTimer('session-wait', () => ({ is: 'waitDue', question: question() })),
    );
    handle('session-hold', (id, wish) => this.#hold(id, wish));
    handle('session-ask', (id, wish) => remoteTurns.ask(id, wish), { atOnce: QUESTIONS_AT_ONCE });
    handle('session-rating', (id, wish) => this.#askForRating(id, wish));
    due.handle('session-starts', () => this.#forgetStarts());
  }

  /** Sets the timers that belong to no session. */
  async begin(): Promise<void> {
    await this.#ports.due.at('session-starts', HOUSE, this.#ports.clock.now());
  }

  /** Lets happen what is due, and says when to look again; `unhurried` where nobody waits for it. */
  #floorTimer(timer: FloorTimer, event: () => FloorEvent, unhurried = false): DueHandler {
    return (id, wish) =>
      this.#ports.runner.run(
        id,
        async (draft, setting) => {
          const { floor } = draft.session;
          await happen(draft, setting, event());
          // Clients hide a typing that is not shown again.
          if (timer === 'session-bot' && draft.session.floor === floor && botTypes(floor)) draft.showTyping('BOT');
          return nextLook(draft, setting.chat, timer);
        },
        { atLeast: wish.version, unhurried },
      );
  }

  /** Passes a session on whose operator does not answer, or has gone. */
  #hold: DueHandler = (id, wish) =>
    this.#ports.runner.run(
      id,
      async (draft, setting) => {
        for (const event of await holdEvents(draft, setting)) await happen(draft, setting, event);
        return nextLook(draft, setting.chat, 'session-hold');
      },
      { atLeast: wish.version },
    );

  /** Asks for a rating while the session goes on, unless there is one. */
  #askForRating: DueHandler = (id, wish) =>
    this.#ports.runner.run(
      id,
      (draft, { chat }) => {
        if (draft.session.floor.at === 'closed' || draft.session.ratedAt !== null) return null;
        const { ratingType, ratingText } = chat.settings;
        draft.addEvent(EventName.ratingRequested, { sessionId: id, ratingType, ratingText });
        return null;
      },
      { atLeast: wish.version },
    );

  async #forgetStarts(): Promise<number> {
    const now = this.#ports.clock.now();
    await this.#ports.store.forgetStartKeys(now - DAY_MS);
    return now + DAY_MS / 24;
  }
}

/** Comes again in a while where somebody else is writing the session. */
function unlessBusy(clock: Clock, handler: DueHandler): DueHandler {
  return async (key, wish) => {
    try {
      return await handler(key, wish);
    } catch (error) {
      if (error instanceof SessionBusy) return clock.now() + BUSY_MS;
      throw error;
    }
  };
}
