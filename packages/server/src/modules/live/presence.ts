import type { Log } from '../../platform/log.ts';
import type { SessionGate } from './connect.ts';

/** Which connections of this node joined which sessions: the first join and the last leave are told. */
export class Presence {
  readonly #gate: SessionGate;
  readonly #log: Log;
  readonly #bySession = new Map<string, Set<string>>();
  readonly #byClient = new Map<string, Set<string>>();
  readonly #pending = new Set<Promise<void>>();
  /** How many joins of a connection are under way. */
  readonly #joining = new Map<string, number>();
  /** Connections that ended while they joined. */
  readonly #gone = new Set<string>();

  constructor(gate: SessionGate, log: Log) {
    this.#gate = gate;
    this.#log = log;
  }

  /** A connection joined a session. */
  async join(client: string, sessionId: string): Promise<void> {
    if (this.#bySession.get(sessionId)?.has(client) === true) return;
    this.#joining.set(client, (this.#joining.get(client) ?? 0) + 1);
    try {
      await this.#gate.joined(sessionId);
      add(this.#bySession, sessionId, client);
      add(this.#byClient, client, sessionId);
      if (this.#gone.has(client)) this.#leaveAll(client);
    } finally {
      const others = (this.#joining.get(client) ?? 1) - 1;
      if (others > 0) this.#joining.set(client, others);
      else {
        this.#joining.delete(client);
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
    this.#track(this.#gate.left(sessionId));
  }

  /** A connection is gone, and with it all its joins. */
  disconnected(client: string): void {
    if (this.#joining.has(client)) this.#gone.add(client);
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
