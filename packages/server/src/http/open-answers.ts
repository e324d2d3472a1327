import type { ServerResponse } from 'node:http';
import type { Elapsed, Timer } from '../platform/clock.ts';
import type { Notices } from '../platform/notices.ts';
import { WAITS } from './waits.ts';

/** After this an answer counts as one that nobody takes. */
const SLOW_MS = 1_000;
/** How many of those one address may have. */
const SLOW_OF_ADDRESS = 32;
/** Bytes of all answers that wait for their callers, and what is left of them where they are more. */
const MOST_BYTES = 64 * 1024 * 1024;
const LEFT_BYTES = 48 * 1024 * 1024;

interface OpenAnswer {
  readonly address: string;
  readonly response: ServerResponse;
  /** When it was made. */
  readonly at: number;
  bytes: number;
  slow: boolean;
}

/**
 * Whole answers that are made and not taken yet: each is kept in memory until the caller's system has all of it. Who does
 * not take them is cut off: after a time, where one address has too many of them, and where there are too many bytes of
 * all; the oldest first.
 */
export class OpenAnswers {
  readonly #time: Elapsed;
  readonly #notices: Notices;
  /** The oldest first. */
  readonly #open = new Set<OpenAnswer>();
  /** Those of each address that nobody takes, the oldest first. */
  readonly #slow = new Map<string, Set<OpenAnswer>>();
  #bytes = 0;
  /** One for all: most answers are taken long before anybody has to look at them. */
  #look: Timer | undefined;

  constructor(time: Elapsed, notices: Notices) {
    this.#time = time;
    this.#notices = notices;
  }

  /** Counts an answer until it is taken; called before it is written. */
  add(address: string, response: ServerResponse, bytes: number): void {
    if (response.closed || response.req.socket.destroyed) return;
    if (this.#bytes + bytes > MOST_BYTES) this.#makeRoom();
    const answer: OpenAnswer = { address, response, at: this.#time.elapsed(), bytes, slow: false };
    this.#open.add(answer);
    this.#bytes += bytes;
    response.once('close', () => this.#remove(answer));
    if (this.#look === undefined) this.#lookSoon();
  }

  /** Notes who is slow, and cuts off who was for too long. */
  #lookAtAll(): void {
    const now = this.#time.elapsed();
    for (const answer of this.#open) {
      const age = now - answer.at;
      if (age < SLOW_MS) break;
      // The connection of an answer that waits behind another may end without a word to it.
      if (age >= WAITS.answer) this.#cut(answer);
      else if (!answer.slow) this.#isSlow(answer);
    }
    this.#look = undefined;
    if (this.#open.size > 0) this.#lookSoon();
  }

  #lookSoon(): void {
    this.#look = this.#time.setTimeout(() => this.#lookAtAll(), SLOW_MS);
  }

  #isSlow(answer: OpenAnswer): void {
    const { address } = answer;
    answer.slow = true;
    const slow = this.#slow.get(address) ?? new Set();
    this.#slow.set(address, slow.add(answer));
    const [oldest] = slow;
    if (slow.size > SLOW_OF_ADDRESS && oldest !== undefined) this.#cut(oldest);
  }

  /** What the system has taken counts until its event comes: only what truly waits is looked at, and weighed anew. */
  #makeRoom(): void {
    this.#bytes = 0;
    for (const answer of this.#open) this.#bytes += answer.bytes = answer.response.writableLength;
    if (this.#bytes <= LEFT_BYTES) return;
    for (const answer of this.#open) {
      if (this.#bytes <= LEFT_BYTES) return;
      if (answer.bytes > 0) this.#cut(answer);
    }
  }

  /** Ends the connection; what else waits for it is gone with it. */
  #cut(answer: OpenAnswer): void {
    this.#remove(answer);
    const { address, response } = answer;
    if (response.closed || response.req.socket.destroyed) return;
    this.#notices.tell('reader-cut', { address });
    response.req.socket.destroy();
  }

  #remove(answer: OpenAnswer): void {
    if (!this.#open.delete(answer)) return;
    this.#bytes -= answer.bytes;
    if (!answer.slow) return;
    const slow = this.#slow.get(answer.address);
    slow?.delete(answer);
    if (slow?.size === 0) this.#slow.delete(answer.address);
  }
}
