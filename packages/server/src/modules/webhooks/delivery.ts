import type { Database } from '../../platform/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { DueRunner } from '../../platform/due.ts';
import { isoInstant } from '../../platform/instant.ts';
import { shortId, type Log } from '../../platform/log.ts';
import { OutgoingError, type Outgoing } from '../../platform/outgoing.ts';

/** Waits before the tries after the first. */
const RETRY_MS = [5_000, 30_000, 120_000] as const;
/** After this a run comes again instead of going on: whoever waits for its place has a turn. */
const RUN_MS = 30_000;

/** Sessions whose calls may be under way at a time. */
const AT_ONCE = 256;

const next = {
  name: 'delivery_next',
  text: 'select id, url, body, headers, attempts, not_before from deliveries where session_id = $1 order by id limit 1',
};
const remove = { name: 'delivery_remove', text: 'delete from deliveries where id = $1' };
const failed = {
  name: 'delivery_failed',
  text: 'update deliveries set attempts = attempts + 1, not_before = $2::timestamptz where id = $1',
};

interface Row {
  id: number;
  url: string;
  body: string;
  headers: Record<string, string> | null;
  attempts: number;
  not_before: number | null;
}

/**
 * Sends the outgoing calls of sessions: within a session one after another, each tried four times. What may not be sent
 * at all is given up at once, so that it keeps nothing waiting.
 */
export class Deliveries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #outgoing: Outgoing;
  readonly #log: Log;

  constructor(ports: { database: Database; clock: Clock; due: DueRunner; outgoing: Outgoing; log: Log }) {
    this.#database = ports.database;
    this.#clock = ports.clock;
    this.#outgoing = ports.outgoing;
    this.#log = ports.log;
    ports.due.handle('session-delivery', (sessionId) => this.#send(sessionId), { atOnce: AT_ONCE });
  }

  async #send(sessionId: string): Promise<number | null> {
    const until = this.#clock.now() + RUN_MS;
    for (;;) {
      const [row] = await this.#database.query<Row & Record<string, unknown>>(next, [sessionId]);
      if (row === undefined) return null;
      if (this.#clock.now() >= until) return this.#clock.now();
      // A later call wishes for a run at once; the one that failed keeps its wait, and its place.
      if (row.not_before !== null && row.not_before > this.#clock.now()) return row.not_before;
      const failure = await this.#outgoing.post(row.url, row.body, row.headers ?? undefined).then(
        () => undefined,
        (error: Error) => error,
      );
      // It was called off as the process stops: that is no try, and whoever starts next makes it.
      if (failure instanceof OutgoingError && failure.reason === 'aborted') return this.#clock.now();
      if (failure === undefined) await this.#database.query(remove, [row.id]);
      else {
        const refused = failure instanceof OutgoingError && failure.reason === 'refused';
        const wait = refused ? undefined : RETRY_MS[row.attempts];
        // Paths and queries of such addresses are secrets as often as not.
        const to = URL.parse(row.url)?.origin ?? null;
        const what = { session: shortId(sessionId), to, attempts: row.attempts + 1, reason: failure.message };
        if (wait !== undefined) {
          this.#log.warn(what, 'an outgoing call failed and is tried again');
          const again = this.#clock.now() + wait;
          await this.#database.query(failed, [row.id, isoInstant(again)]);
          return again;
        }
        this.#log.error(what, 'an outgoing call failed for good and is given up');
        await this.#database.query(remove, [row.id]);
      }
    }
  }
}
