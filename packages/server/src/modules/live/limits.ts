import { errorTable } from '@molva/contract';
import { Failure } from '../../platform/failure.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Notices } from '../../platform/notices.ts';
import { RateCounter } from '../../platform/rate-counter.ts';

/** How much one address may ask of the live side; 0 sets no limit. */
export interface LiveLimitOptions {
  /** Calls a minute of an address over HTTP, without a user. */
  readonly open: number;
  /** Connections of an address, its proxies' aside. */
  readonly connections: number;
  readonly clock: Clock;
  readonly notices: Notices;
}

/**
 * What commands may be for each call: they are smaller, an address has many visitors, and all of them come back at once
 * after a restart.
 */
const COMMANDS_OF_A_CALL = 10;

const { status: code, message } = errorTable['too-many-requests'];

/** The error of a command that is one too many; client libraries try again later. */
export const TOO_MANY = { code, message, temporary: true } as const;

/** Keeps one address from taking what belongs to all: its sockets, its commands, and what they cost beyond a look. */
export class LiveLimits {
  readonly #options: LiveLimitOptions;
  readonly #commands: RateCounter;
  readonly #sockets = new Map<string, number>();

  constructor(options: LiveLimitOptions) {
    this.#options = options;
    this.#commands = new RateCounter(options.open * COMMANDS_OF_A_CALL, options.clock);
  }

  /** A socket asks to be let in; one that is has to be given back by `closed`. */
  opened(address: string): boolean {
    const { connections, notices } = this.#options;
    const open = this.#sockets.get(address) ?? 0;
    if (connections > 0 && open >= connections) {
      notices.tell('connection-refused', { address });
      return false;
    }
    if (!this.#counts(address, 1)) return false;
    this.#sockets.set(address, open + 1);
    return true;
  }

  /** A socket that was let in is gone. */
  closed(address: string): void {
    const left = (this.#sockets.get(address) ?? 1) - 1;
    if (left === 0) this.#sockets.delete(address);
    else this.#sockets.set(address, left);
  }

  /** A command arrived; answers the error for its reply where it is one too many. */
  command(address: string): typeof TOO_MANY | undefined {
    return this.#counts(address, 1) ? undefined : TOO_MANY;
  }

  /** Counts what a command costs beyond itself; throws `too-many-requests`. */
  spend(address: string, more: number): void {
    if (!this.#counts(address, more)) throw new Failure('too-many-requests');
  }

  #counts(address: string, some: number): boolean {
    if (this.#commands.tries(address, some) === 0) return true;
    this.#options.notices.tell('live-limited', { address });
    return false;
  }
}
