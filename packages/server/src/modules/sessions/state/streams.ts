import { STREAM_BYTES, type CommittedEvent } from '../../../platform/announcer.ts';
import type { Database } from '../../../platform/database.ts';
import { loggedEvent, logPage, type LogRow } from './event-log.ts';
import { streamEpoch } from './session.ts';

const positions = {
  name: 'session_stream_positions',
  text: `select id, last_event_seq, started_at, (select life from stream_life) as life
    from sessions where id = any($1::uuid[])`,
};
const after = {
  name: 'session_streams_after',
  text: `select place.id as session_id, missed.* from unnest($1::uuid[], $2::integer[]) as place (id, event_seq)
    cross join lateral (${logPage({ session: 'place.id', after: 'place.event_seq', limit: '$3', bytes: '$4' })}) as missed
    order by missed.event_seq`,
};

const ahead = {
  name: 'session_streams_ahead',
  text: `select place.id from unnest($1::uuid[], $2::integer[]) as place (id, event_seq)
    where place.event_seq > coalesce((select last_event_seq from sessions where id = place.id), -1)`,
};
const inChat = {
  name: 'sessions_in_chat',
  text: 'select id from sessions where id = any($1::uuid[]) and chat_id = $2',
};
/** Other processes find the same, each in its own time: streams begin anew once. */
const beginAnew = {
  name: 'session_streams_begin_anew',
  text: `update stream_life set life = left(gen_random_uuid()::text, 8), since = now() where since < now() - interval '10 seconds' returning life`,
};

/** Where an event log stands; the epoch names its life. */
export interface StreamEnd {
  readonly lastEventSeq: number;
  readonly epoch: string;
}

/** The event logs of sessions as live delivery reads them: many at once, payloads as the text they were stored as. */
export class EventStreams {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Where the logs stand; a session that does not exist is left out. */
  async ends(ids: readonly string[]): Promise<Map<string, StreamEnd>> {
    const rows = await this.#database.query<{ id: string; last_event_seq: number; started_at: number; life: string }>(
      positions,
      [ids],
    );
    return new Map(
      rows.map((row) => [row.id, { lastEventSeq: row.last_event_seq, epoch: streamEpoch(row.started_at, row.life) }]),
    );
  }

  /** Places that are beyond the end of their log: the database is not the one they were read from, or was set back. */
  async ahead(places: ReadonlyMap<string, number>): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(ahead, [[...places.keys()], [...places.values()]]);
    return rows.map(({ id }) => id);
  }

  /** Those of some sessions that are of a chat. */
  async inChat(sessionIds: readonly string[], chatId: string): Promise<string[]> {
    return (await this.#database.query<{ id: string }>(inChat, [sessionIds, chatId])).map(({ id }) => id);
  }

  /** Gives all streams another epoch; whether it was this call that did. */
  async beginAnew(): Promise<boolean> {
    return (await this.#database.query(beginAnew, [])).length > 0;
  }

  /**
   * What follows a place in each log, oldest first, at most `limit` of each and fewer where they are long; one that has nothing is
   * left out.
   */
  async after(places: ReadonlyMap<string, number>, limit: number): Promise<Map<string, CommittedEvent[]>> {
    const share = Math.floor(STREAM_BYTES / Math.max(1, places.size));
    const values = [[...places.keys()], [...places.values()], limit, share];
    const rows = await this.#database.query<LogRow & { session_id: string } & Record<string, unknown>>(after, values);
    const found = new Map<string, CommittedEvent[]>();
    for (const row of rows) {
      const event = loggedEvent(row.session_id, row);
      const events = found.get(row.session_id);
      if (events === undefined) found.set(row.session_id, [event]);
      else events.push(event);
    }
    return found;
  }
}
