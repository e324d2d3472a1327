import type { Elapsed } from '../../platform/clock.ts';
import { noRoom } from '../../platform/failure.ts';

/** A bot is slow whose turns take longer, in the mean of the last ones: a single one may have met a collection of garbage. */
const SLOW_MS = 2;
/** What the last turn counts in the mean. */
const LAST = 0.2;
/** What everybody else has behind a turn of a slow bot: so many times what it took. */
const REST = 3;
/** A bot is known after so many turns: what it takes in the mean says then what its next one takes. */
const KNOWN_TURNS = 20;
/** What slow turns of one company's unknown bots may take outside: so much, and this share of the time that passes. */
const OUTSIDE_MS = 200;
const OUTSIDE_SHARE = 0.05;
/** Turns of one company that wait, and how long. */
const MOST_WAITING = 32;
const LONGEST_WAIT_MS = 5_000;
/** Slow bots, and companies that had slow turns outside, that are remembered; what costs something again stays longest. */
const MOST_REMEMBERED = 4_096;

/** What the lane knows of a bot. */
export interface LaneSeat {
  readonly companyId: number;
  readonly botId: string;
  /** What a turn of it takes, in milliseconds. */
  mean: number;
  turns: number;
}

/** Turns of a company that wait, by bot. */
interface Waiting {
  turns: number;
  /** The bot that had a turn last is the last. */
  readonly bots: Map<string, Set<() => void>>;
}

/**
 * Where bots that cost much have their turns: one at a time, with a rest behind each that is longer than the turn. Who
 * wrote them waits behind himself, and nobody else does: a bot that needs a moment never comes here, but for its first
 * turns where its company has had many bots whose first turns cost much. Companies take turns, and bots within them.
 */
export class SlowLane {
  readonly #time: Elapsed;
  /** Slow bots, however often they are loaded; the one that had a turn last is the last. */
  readonly #slow = new Map<string, LaneSeat>();
  /** What slow turns of unknown bots took outside, as far as the time that passed since has not made up for it. */
  readonly #outside = new Map<number, { readonly took: number; readonly at: number }>();
  /** The company that had a turn last is the last. */
  readonly #waiting = new Map<number, Waiting>();
  #taken = false;

  constructor(time: Elapsed) {
    this.#time = time;
  }

  /** A seat for a bot: the one it had, where it was slow. */
  seat(companyId: number, botId: string): LaneSeat {
    return this.#slow.get(botId) ?? { companyId, botId, mean: 0, turns: 0 };
  }

  /**
   * Does the turn of a bot, at once or when the lane is free for it. Throws `no-room` where too many of its company wait
   * for that, or it does for too long: nothing is done then, and the same may be tried again.
   */
  async turn<T>(seat: LaneSeat, work: () => T): Promise<T> {
    if (seat.mean < SLOW_MS && (seat.turns >= KNOWN_TURNS || this.#outsideOf(seat.companyId) < OUTSIDE_MS)) {
      return this.#timed(seat, work, (took) => this.#tookOutside(seat, took));
    }
    await this.#place(seat);
    let rest = 0;
    try {
      return this.#timed(seat, work, (took) => (rest = took * REST));
    } finally {
      this.#time.setTimeout(() => this.#next(), rest);
    }
  }

  #timed<T>(seat: LaneSeat, work: () => T, heard: (took: number) => void): T {
    const began = this.#time.elapsed();
    try {
      return work();
    } finally {
      const took = this.#time.elapsed() - began;
      heard(took);
      seat.turns++;
      seat.mean = seat.mean * (1 - LAST) + took * LAST;
      if (seat.mean >= SLOW_MS) putLast(this.#slow, seat.botId, seat);
      else this.#slow.delete(seat.botId);
    }
  }

  #outsideOf(companyId: number): number {
    const known = this.#outside.get(companyId);
    if (known === undefined) return 0;
    return Math.max(0, known.took - (this.#time.elapsed() - known.at) * OUTSIDE_SHARE);
  }

  #tookOutside({ companyId, turns }: LaneSeat, took: number): void {
    if (took < SLOW_MS || turns >= KNOWN_TURNS) return;
    putLast(this.#outside, companyId, { took: this.#outsideOf(companyId) + took, at: this.#time.elapsed() });
  }

  #place({ companyId, botId }: LaneSeat): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve();
    }
    const company = this.#waiting.get(companyId) ?? { turns: 0, bots: new Map<string, Set<() => void>>() };
    const refusal = (): Error => noRoom('bot-lane-full', { company: companyId });
    if (company.turns >= MOST_WAITING) return Promise.reject(refusal());
    const bot = company.bots.get(botId) ?? new Set();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel();
        bot.delete(enter);
        company.turns--;
        if (bot.size === 0) company.bots.delete(botId);
        if (company.turns === 0) this.#waiting.delete(companyId);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const timer = this.#time.setTimeout(() => {
        leave();
        reject(refusal());
      }, LONGEST_WAIT_MS);
      bot.add(enter);
      company.turns++;
      company.bots.set(botId, bot);
      this.#waiting.set(companyId, company);
    });
  }

  #next(): void {
    const company = rotate(this.#waiting);
    const [enter] = (company && rotate(company.bots)) ?? [];
    if (enter === undefined) this.#taken = false;
    else enter();
  }
}

/** The first of a round, which is its last from now on. */
function rotate<Key, Value>(round: Map<Key, Value>): Value | undefined {
  for (const [key, value] of round) {
    round.delete(key);
    round.set(key, value);
    return value;
  }
  return undefined;
}

/** Remembers something as the last, and forgets the first where that is too much. */
function putLast<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): void {
  known.delete(key);
  known.set(key, value);
  if (known.size <= MOST_REMEMBERED) return;
  for (const first of known.keys()) {
    known.delete(first);
    return;
  }
}
