import { CALLS_A_MINUTE, errorTable } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { tooManyRequests } from '../../platform/failure.ts';
import type { Notices } from '../../platform/notices.ts';
import { RateCounter } from '../../platform/rate-counter.ts';
import type { ConnectedClient } from './decisions.ts';

/** How much may be asked of the live side. */
export interface LiveLimitOptions {
  /** Calls a minute of an address over HTTP, without a user; 0 sets no limit of commands here either. */
  readonly open: number;
  /** Connections of an address, its proxies' aside; 0 sets no limit. */
  readonly connections: number;
  readonly clock: Clock;
  readonly notices: Notices;
}

/**
 * What commands may be for each call: they are smaller, an address has many visitors, and all of them come back at once
 * after a restart.
 */
const COMMANDS_OF_A_CALL = 10;
/** Calls of a connection that may be refused as too many within a minute before it is sent away. */
const REFUSALS = 100;

const { status: code, message } = errorTable['too-many-requests'];

/** The error of a command that is one too many; client libraries try again later. */
export const TOO_MANY = { code, message, temporary: true } as const;

/** The end of a connection that goes on after all that; client libraries come back. */
export const SENT_AWAY = { code: 3013, reason: 'too many requests' } as const;

/**
 * Keeps one from taking what belongs to all: an address its sockets and commands, a connection and a session their calls.
 * What a connection's or a session's own limit refuses counts for nobody else, so that an office behind one address is
 * not locked out by one of its pages.
 */
export class LiveLimits {
  readonly #options: LiveLimitOptions;
  readonly #commands: RateCounter;
  readonly #connections: RateCounter;
  readonly #sessions: RateCounter;
  readonly #refusals: RateCounter;
  readonly #sockets = new Map<string, number>();

  constructor(options: LiveLimitOptions) {
    this.#options = options;
    const counter = (limit: number): RateCounter => new RateCounter(options.open === 0 ? 0 : limit, options.clock);
    this.#commands = counter(options.open * COMMANDS_OF_A_CALL);
    this.#connections = counter(CALLS_A_MINUTE.connection);
    this.#sessions = counter(CALLS_A_MINUTE.session);
    this.#refusals = counter(REFUSALS);
  }

  /** A socket asks to be let in; one that is has to be given back by `closed`. */
  opened(address: string): boolean {
    const { connections, notices } = this.#options;
    const open = this.#sockets.get(address) ?? 0;
    if (connections > 0 && open >= connections) {
      notices.tell('connection-refused', { address });
      return false;
    }
    if (this.#wait(this.#commands, address, address) > 0) return false;
    this.#sockets.set(address, open + 1);
    return true;
  }

  /** A socket that was let in is gone. */
  closed(address: string): void {
    const left = (this.#sockets.get(address) ?? 1) - 1;
    if (left === 0) this.#sockets.delete(address);
    else this.#sockets.set(address, left);
  }

  /** A command arrived; answers the error for its reply where it is one too many. Calls are counted by `call`. */
  command(address: string, method: string): typeof TOO_MANY | undefined {
    if (method === 'rpc' || this.#wait(this.#commands, address, address) === 0) return undefined;
    return TOO_MANY;
  }

  /** Counts the sessions that a connect names for its address; throws `too-many-requests`. */
  named(address: string, sessions: number): void {
    this.#take(this.#commands, address, address, sessions);
  }

  /** Counts a call of a connection that was given so many sessions, for it and its address; throws `too-many-requests`. */
  call({ client, meta: { address } }: ConnectedClient, given: number): void {
    const most = Math.min(CALLS_A_MINUTE.session * Math.max(given, 1), CALLS_A_MINUTE.connection);
    this.#take(this.#connections, client, address, 1, most);
    this.#take(this.#commands, address, address);
  }

  /** Counts a call in a session that its caller was let into; throws `too-many-requests`. */
  callIn(sessionId: string, { meta: { address } }: ConnectedClient): void {
    this.#take(this.#sessions, sessionId, address);
  }

  /** A call was refused as one too many; whether its connection had its fill of refusals before. */
  refused({ client }: ConnectedClient): boolean {
    return this.#refusals.tries(client, 1) > 0;
  }

  #take(counter: RateCounter, key: string, address: string, some = 1, most?: number): void {
    const seconds = this.#wait(counter, key, address, some, most);
    if (seconds > 0) throw tooManyRequests(seconds);
  }

  #wait(counter: RateCounter, key: string, address: string, some = 1, most?: number): number {
    const seconds = counter.tries(key, some, most);
    if (seconds > 0) this.#options.notices.tell('live-limited', { address });
    return seconds;
  }
}
