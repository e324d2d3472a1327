import type { Socket } from 'node:net';
import type { Clock } from '../platform/clock.ts';

/** One address gets so many connections in a beat: as many as a browser opens at once, and 120 a second. */
const OF_A_BEAT = 6;
const BEAT_MS = 50;
/** Connections of one address that wait for their turn; the last of them does so for some four seconds. */
const MOST_WAITING = 512;

/**
 * Lets the connections of one address in at a pace. Whoever opens them faster than they can be served waits behind
 * itself, unread and for little, and nobody else waits behind it.
 */
export class Pace {
  readonly #clock: Clock;
  /** Connections of this beat, by address. */
  readonly #used = new Map<string, number>();
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether as many of an address wait as may. */
  isFull(address: string): boolean {
    return (this.#lines.get(address)?.length ?? 0) >= MOST_WAITING;
  }

  /** Lets a connection in when it is its turn, at once or a little later; not where it has ended meanwhile. */
  take(address: string, socket: Socket, enter: () => void): void {
    if (this.#used.size === 0) this.#beat();
    const used = this.#used.get(address) ?? 0;
    if (used < OF_A_BEAT) {
      this.#used.set(address, used + 1);
      enter();
      return;
    }
    const line = this.#lines.get(address) ?? [];
    this.#lines.set(address, line);
    line.push(() => {
      if (!socket.destroyed) enter();
    });
  }

  /** The next beat begins, as long as anybody uses it. */
  #beat(): void {
    this.#clock.setTimeout(() => {
      this.#used.clear();
      if (this.#lines.size > 0) this.#beat();
      for (const [address, line] of this.#lines) {
        const turns = line.splice(0, OF_A_BEAT);
        this.#used.set(address, turns.length);
        if (line.length === 0) this.#lines.delete(address);
        for (const enter of turns) enter();
      }
    }, BEAT_MS);
  }
}
