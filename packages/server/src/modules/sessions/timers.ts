import type { Clock } from '../../platform/clock.ts';
import type { DueRunner } from '../../platform/due.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Chats } from '../chats/index.ts';
import type { BotSource } from './bot-port.ts';
import { botOf } from './client-message.ts';
import { expiresAt } from './session.ts';
import type { Steps } from './steps.ts';
import type { SessionStore } from './store.ts';
import { takeTurn, TYPING_REPEAT_MS } from './turns.ts';

/** What the timers need. */
export interface TimerPorts {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly chats: Chats;
  readonly bots: BotSource;
  readonly steps: Steps;
  readonly store: SessionStore;
}

const DAY_MS = 86_400_000;
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
    due.handle('session-expiry', (id) => this.#ifThere(() => this.#expire(id)));
    due.handle('session-bot', (id) => this.#ifThere(() => this.#wakeBot(id)));
    due.handle('session-starts', () => this.#forgetStarts());
  }

  /** Sets the timers that belong to no session. */
  async begin(): Promise<void> {
    await this.#ports.due.at('session-starts', HOUSE, this.#ports.clock.now());
  }

  /** Closes a session whose life time has passed, or says when to look again. */
  #expire(id: string): Promise<number | null> {
    return this.#ports.steps.run(id, async (draft) => {
      if (draft.session.status === 'CLOSED') return null;
      const end = expiresAt(draft.session);
      if (end > draft.now) return end;
      const chat = await this.#ports.chats.evenDeleted(draft.session.chatId);
      draft.close(chat.settings.sessionRatingRequired);
      return null;
    });
  }

  /** Lets a paused bot go on, or one that waited too long; shows typing while a pause lasts. */
  async #wakeBot(id: string): Promise<number | null> {
    const { bots, chats, ids, steps } = this.#ports;
    return steps.run(id, async (draft) => {
      const wake = draft.session.bot?.wake ?? null;
      if (draft.session.status === 'CLOSED' || wake === null || draft.session.operatorType !== 'BOT') return null;
      if (wake.at > draft.now) {
        if (wake.kind === 'timeout') return wake.at;
        if (wake.typing) draft.showTyping();
        return Math.min(wake.at, draft.now + TYPING_REPEAT_MS);
      }
      const bot = await botOf(bots, draft);
      const chat = await chats.evenDeleted(draft.session.chatId);
      if (bot === undefined) return null;
      takeTurn(draft, { bot, chat, ids, callBack: true }, { kind: wake.kind });
      return draft.session.bot?.wake?.at ?? null;
    });
  }

  async #forgetStarts(): Promise<number> {
    const now = this.#ports.clock.now();
    await this.#ports.store.forgetStartKeys(now - DAY_MS);
    return now + DAY_MS / 24;
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
