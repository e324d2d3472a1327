import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Notices } from '../platform/notices.ts';
import { WAITS } from './waits.ts';

/** After this an answer counts as one that nobody takes. */
const SLOW_MS = 1_000;
/** How many of those one address may have. */
const SLOW_OF_ADDRESS = 32;
/** Bytes of all answers that wait for their callers. */
const MOST_BYTES = 64 * 1024 * 1024;

interface OpenAnswer {
  readonly address: string;
  readonly response: ServerResponse;
  readonly bytes: number;
  timer: Timer;
  slow: boolean;
}

/**
 * Whole answers that are made and not taken yet: each is kept in memory until the caller's system has all of it. Who does
 * not take them is cut off: after a time, where one address has too many of them, and where there are too many bytes of
 * all; the oldest first.
 */
export class OpenAnswers {
  readonly #clock: Clock;
  readonly #notices: Notices;
  /** The oldest first. */
  readonly #open = new Set<OpenAnswer>();
  #bytes = 0;

  constructor(clock: Clock, notices: Notices) {
    this.#clock = clock;
    this.#notices = notices;
  }

  /** Counts an answer until it is taken; called before it is written. */
  add(address: string, response: ServerResponse, bytes: number): void {
    if (response.closed) return;
    const timer = this.#clock.setTimeout(() => this.#isSlow(answer), SLOW_MS);
    const answer: OpenAnswer = { address, response, bytes, timer, slow: false };
    this.#open.add(answer);
    this.#bytes += bytes;
    response.once('close', () => this.#remove(answer));
    if (this.#bytes > MOST_BYTES) this.#makeRoom();
  }

  #isSlow(answer: OpenAnswer): void {
    answer.slow = true;
    // The connection of an answer that waits behind another may end without a word to it.
    answer.timer = this.#clock.setTimeout(() => this.#cut(answer), WAITS.answer - SLOW_MS);
    const others = [...this.#open].filter(({ address, slow }) => slow && address === answer.address);
    const [oldest] = others;
    if (others.length > SLOW_OF_ADDRESS && oldest !== undefined) this.#cut(oldest);
  }

  /** What a system has taken at once is counted as bytes until its event comes: only what truly waits is looked at. */
  #makeRoom(): void {
    const waiting = [...this.#open].filter(({ response }) => response.writableLength > 0);
    let bytes = waiting.reduce((sum, { response }) => sum + response.writableLength, 0);
    for (const answer of waiting) {
      if (bytes <= MOST_BYTES) return;
      bytes -= answer.response.writableLength;
      this.#cut(answer);
    }
  }

  #cut(answer: OpenAnswer): void {
    this.#remove(answer);
    const { address, response } = answer;
    if (response.closed) return;
    this.#notices.tell('reader-cut', { address });
    response.req.socket.destroy();
  }

  #remove(answer: OpenAnswer): void {
    if (!this.#open.delete(answer)) return;
    answer.timer.cancel();
    this.#bytes -= answer.bytes;
  }
}
