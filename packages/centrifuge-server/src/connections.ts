import type { Connection } from './connection.ts';
import type { Recipient } from './types.ts';

/** The connections of a server. */
export class Connections {
  readonly #byId = new Map<string, Connection>();

  get size(): number {
    return this.#byId.size;
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
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
    for (const connection of this.#byId.values()) connection.tick(now);
  }
}
