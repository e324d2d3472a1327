import type { Connection } from './connection.ts';
import { limits } from './limits.ts';
import { disconnects } from './protocol/codes.ts';
import type { Recipient } from './types.ts';

/** The connections of a server. */
export class Connections {
  readonly #byId = new Map<string, Connection>();
  /** Those that are ended and whose sockets are not gone yet. */
  readonly #ending = new Set<Connection>();

  get size(): number {
    return this.#byId.size;
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  /** It is ended: nobody finds it any more, and its socket is watched until it is gone. */
  end(connection: Connection): void {
    this.#byId.delete(connection.id);
    this.#ending.add(connection);
  }

  /** Its socket is gone. */
  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
    this.#ending.delete(connection);
  }

  /** Those whose sockets stand, also where they are ended. */
  get standing(): number {
    return this.#byId.size + this.#ending.size;
  }

  /** Lets go of all sockets. */
  cutOff(): void {
    for (const connection of this.#everyone()) connection.cutOff();
  }

  #everyone(): Connection[] {
    return [...this.#byId.values(), ...this.#ending];
  }

  all(): Connection[] {
    return [...this.#byId.values()];
  }

  /** Those of a user, or the one of a client; where both are given, both must be right. */
  of(recipient: Recipient): Connection[] {
    const { client, user } = { user: undefined, ...recipient };
    if (client === undefined) return this.all().filter((connection) => connection.user === user);
    const one = this.#byId.get(client);
    return one === undefined || (user !== undefined && one.user !== user) ? [] : [one];
  }

  tick(now: number): void {
    let queued = 0;
    for (const connections of [this.#byId.values(), this.#ending]) {
      for (const connection of connections) {
        connection.tick(now);
        queued += connection.queued;
      }
    }
    if (queued > limits.queuedBytes) this.#relieve(queued);
  }

  /** Lets those go that leave most untaken, until what all together leave is bearable. */
  #relieve(queued: number): void {
    const longest = this.#everyone().sort((one, other) => other.queued - one.queued);
    for (const connection of longest) {
      if (queued <= limits.queuedBytes) return;
      queued -= connection.queued;
      connection.end(disconnects.slow);
      connection.cutOff();
    }
  }
}
