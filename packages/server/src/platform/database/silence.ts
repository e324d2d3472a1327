import type { Socket } from 'node:net';
import type pg from 'pg';
import { Unanswered } from '../breaks.ts';

/** How often all connections are looked at: one timer for all, whatever is asked over them. */
const LOOK_MS = 250;

/** What was last seen of a connection in use. */
interface Seen {
  bytes: number;
  looks: number;
}

/** The connection of a client, or what stands on it where it is encrypted. */
export function streamOf(client: pg.PoolClient): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/**
 * Ends connections in use from which nothing comes for a while: a statement that nobody answers, a transaction that nobody
 * goes on with. Looks are counted, not milliseconds: while this process itself stands still nobody is late.
 */
export class SilenceGuard implements Disposable {
  readonly #used = new Map<pg.PoolClient, Seen>();
  readonly #idle = new Set<pg.PoolClient>();
  readonly #looks: number;
  readonly #timer: NodeJS.Timeout;

  /** @param limit milliseconds, rounded up to the next look */
  constructor(pool: pg.Pool, limit: number) {
    this.#looks = Math.ceil(limit / LOOK_MS) + 1;
    pool.on('acquire', (client) => {
      this.#idle.delete(client);
      this.#used.set(client, { bytes: streamOf(client).bytesRead, looks: 0 });
    });
    pool.on('release', (_error, client) => {
      this.#used.delete(client);
      this.#idle.add(client);
    });
    pool.on('remove', (client) => this.#idle.delete(client));
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Breaks the connections that nobody uses. */
  cutIdle(): void {
    for (const client of this.#idle) streamOf(client).destroy();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    let silent = false;
    for (const [client, seen] of this.#used) {
      const { bytesRead } = streamOf(client);
      if (bytesRead !== seen.bytes) Object.assign(seen, { bytes: bytesRead, looks: 0 });
      else if (++seen.looks > this.#looks) {
        this.#used.delete(client);
        streamOf(client).destroy(new Unanswered('the database said nothing in time'));
        silent = true;
      }
    }
    // What stands beside a silent connection may be as dead: the next statement gets a new one.
    if (silent) this.cutIdle();
  }
}
