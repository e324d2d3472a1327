import type { Log } from '../../platform/log.ts';
import type { SessionGate } from './connect.ts';

/** Which connections of this node joined which sessions: the first join and the last leave are told. */
export class Presence {
  readonly #gate: Pick<SessionGate, 'call'>;
  readonly #log: Log;
  readonly #bySession = new Map<string, Set<string>>();
  readonly #byClient = new Map<string, Set<string>>();
  readonly #pending = new Set<Promise<void>>();
  /** How many calls of a connection are under way. */
  readonly #calling = new Map<string, number>();
  /** Connections that ended while a call of theirs was under way. */
  readonly #gone = new Set<string>();

  constructor(gate: Pick<SessionGate, 'call'>, log: Log) {
    this.#gate = gate;
    this.#log = log;
  }

  /** A connection joined a session; within `during`, so that one that is cut meanwhile is not left behind. */
  async join(client: string, sessionId: string): Promise<void> {
    if (this.#bySession.get(sessionId)?.has(client) === true) return;
    await this.#gate.call('joinSession', { id: sessionId });
    add(this.#bySession, sessionId, client);
    add(this.#byClient, client, sessionId);
    if (this.#gone.has(client)) this.#leaveAll(client);
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
    this.#byClient.get(client)?.delete(sessionId);
    if (clients.size > 0) return;
    this.#bySession.delete(sessionId);
    this.#track(this.#gate.call('leaveSession', { id: sessionId }));
  }

  /** A connection is gone, and with it all its joins. */
  disconnected(client: string): void {
    if (this.#calling.has(client)) this.#gone.add(client);
    this.#leaveAll(client);
  }

  #leaveAll(client: string): void {
    for (const sessionId of this.#byClient.get(client) ?? []) this.leave(client, sessionId);
    this.#byClient.delete(client);
  }

  /** Resolves when every leave is written down. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  #track(work: Promise<void>): void {
    const told = work.catch((error: unknown) =>
      this.#log.error({ error }, 'a client that left could not be marked offline'),
    );
    this.#pending.add(told);
    void told.finally(() => this.#pending.delete(told));
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
