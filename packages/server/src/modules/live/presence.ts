import type { Clock, Timer } from '../../platform/clock.ts';
import type { Notices } from '../../platform/notices.ts';
import type { SessionGate } from './connect.ts';
import { faultOf } from './faults.ts';

/** What presence needs. */
export interface PresencePorts {
  readonly gate: Pick<SessionGate, 'call'>;
  readonly clock: Clock;
  readonly notices: Notices;
}

/** Leaves that are written at a time, and how soon those are tried again that could not be. */
const AT_ONCE = 32;
const RETRY_MS = 1_000;
/** Leaves that wait to be written; what is left out is put right when this process is no more. */
const MOST = 100_000;
/** How long a stop waits for them. */
const SETTLE_MS = 3_000;

/**
 * Which connections of this node are in which sessions, by the ids of the sessions and no other spelling. Each join is
 * told and the last leave; a connection counts from the moment its join begins, so that whoever leaves meanwhile is not
 * the last.
 */
export class Presence {
  readonly #ports: PresencePorts;
  readonly #bySession = new Map<string, Set<string>>();
  readonly #byClient = new Map<string, Set<string>>();
  /** Sessions that nobody here is in any more and that are not told so. */
  readonly #left = new Set<string>();
  #writing = 0;
  #retrying: Timer | undefined;
  #stopping = false;
  #settled: (() => void) | undefined;
  /** How many calls of a connection are under way. */
  readonly #calling = new Map<string, number>();
  /** Connections that ended while a call of theirs was under way. */
  readonly #gone = new Set<string>();

  constructor(ports: PresencePorts) {
    this.#ports = ports;
  }

  /** Whether a connection of this node is in a session. */
  isHere(sessionId: string): boolean {
    return this.#bySession.has(sessionId);
  }

  /** A connection joined a session; within `during`, so that one that is cut meanwhile is not left behind. */
  async join(client: string, sessionId: string): Promise<void> {
    if (this.#gone.has(client) || this.#bySession.get(sessionId)?.has(client) === true) return;
    add(this.#bySession, sessionId, client);
    add(this.#byClient, client, sessionId);
    try {
      await this.#ports.gate.call('joinSession', { id: sessionId });
    } catch (error) {
      // Whether it was written is not known.
      this.leave(client, sessionId);
      throw error;
    }
  }

  /** Does the work of a call; a connection that ends meanwhile is remembered until it is done. */
  async during<T>(client: string, work: () => Promise<T>): Promise<T> {
    this.#calling.set(client, (this.#calling.get(client) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const others = (this.#calling.get(client) ?? 1) - 1;
      if (others > 0) this.#calling.set(client, others);
      else {
        this.#calling.delete(client);
        this.#gone.delete(client);
      }
    }
  }

  /** A connection left a session. */
  leave(client: string, sessionId: string): void {
    const clients = this.#bySession.get(sessionId);
    if (clients?.delete(client) !== true) return;
    const sessions = this.#byClient.get(client);
    sessions?.delete(sessionId);
    if (sessions?.size === 0) this.#byClient.delete(client);
    if (clients.size > 0) return;
    this.#bySession.delete(sessionId);
    if (this.#left.size < MOST) this.#left.add(sessionId);
    this.#write();
  }

  /** A connection is gone, and with it all its joins. */
  disconnected(client: string): void {
    if (this.#calling.has(client)) this.#gone.add(client);
    for (const sessionId of this.#byClient.get(client) ?? []) this.leave(client, sessionId);
  }

  /** Resolves when every leave is written that can be, within a time: the others are put right by the next process. */
  async settled(): Promise<void> {
    this.#stopping = true;
    this.#retrying?.cancel();
    this.#retrying = undefined;
    this.#write();
    if (this.#writing === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled = resolve;
    const cutting = this.#ports.clock.setTimeout(resolve, SETTLE_MS);
    await promise.finally(() => cutting.cancel());
  }

  #write(): void {
    if (this.#retrying !== undefined) return;
    for (const sessionId of this.#left) {
      if (this.#writing >= AT_ONCE) return;
      this.#left.delete(sessionId);
      // Somebody came meanwhile.
      if (this.#bySession.has(sessionId)) continue;
      this.#writing++;
      void this.#tell(sessionId).then(() => {
        this.#writing--;
        this.#write();
        if (this.#writing === 0) this.#settled?.();
      });
    }
  }

  async #tell(sessionId: string): Promise<void> {
    try {
      await this.#ports.gate.call('leaveSession', { id: sessionId });
    } catch (error) {
      if (this.#stopping) return;
      this.#left.add(sessionId);
      this.#retryLater(error);
    }
  }

  #retryLater(error: unknown): void {
    if (this.#retrying !== undefined) return;
    const { clock, notices } = this.#ports;
    notices.tell('presence-unwritten', { ...faultOf(error), waiting: this.#left.size });
    this.#retrying = clock.setTimeout(() => {
      this.#retrying = undefined;
      this.#write();
    }, RETRY_MS);
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
