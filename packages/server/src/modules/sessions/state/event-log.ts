import type { CommittedEvent } from '../../../platform/announcer.ts';
import { storedWireDates } from '../../../platform/instant.ts';
import { createdEvent, saidMessage } from './created-event.ts';
import { messageColumns, type MessageRow } from './message-row.ts';

/** An event that has a row of its own, with its payload as JSON. */
interface EntryRow {
  readonly event_seq: number;
  readonly event: string;
  readonly audience: string | null;
  readonly data: string;
  readonly created_at: number;
}

/** A row of a page of a log: an entry, or a message that is its own event. */
export type LogRow = EntryRow | (Omit<MessageRow, 'session_id'> & { readonly event: null });

const entryColumns = ['event', 'audience'] as const;
const ownColumns = messageColumns.filter(
  (name) => name !== 'session_id' && name !== 'event_seq' && name !== 'created_at',
);
/** What the payload of a message has beside its texts, bytes. */
const FRAME_BYTES = 500;

/** Where a page of a log begins and ends, each as SQL. */
interface Page {
  readonly session: string;
  readonly after: string;
  readonly limit: string;
  /** The page is at an end where its payloads before come to so many bytes. */
  readonly bytes: string;
}

/**
 * Selects a page of a session's log, oldest first: entries, and messages that have none. `available` is how many there are
 * up to the limit. Messages are found by their own number: it is behind that of their event by the other events up to
 * there, of which the session has no more than its two counters are apart.
 */
export function logPage({ session, after, limit, bytes }: Page): string {
  const nothing = (names: readonly string[]): string => names.map((name) => `null as ${name}`).join(', ');
  return `select event_seq, created_at, data, ${[...entryColumns, ...ownColumns].join(', ')}, available from (
      select page.*, count(*) over () as available, sum(size) over (order by event_seq) - size as before from (
        select distinct on (event_seq) * from (
          (select event_seq, created_at, data::text as data, octet_length(data::text) as size, ${entryColumns.join(', ')},
              ${nothing(ownColumns)}
            from session_events where session_id = ${session} and event_seq > ${after} order by event_seq limit ${limit})
          union all
          (select event_seq, created_at, null, octet_length(body) + coalesce(octet_length(extras::text), 0)
                + coalesce(octet_length(event_extras::text), 0) + ${FRAME_BYTES}, ${nothing(entryColumns)},
              ${ownColumns.join(', ')}
            from messages where session_id = ${session} and event_seq > ${after} and seq > (
                select ${after} - s.last_event_seq + s.last_seq from sessions s where s.id = ${session})
            order by seq limit ${limit})) as found
        order by event_seq, event is null limit ${limit}) as page) as measured
    where before < ${bytes}`;
}

/** The event that a row of a page stands for. */
export function loggedEvent(sessionId: string, row: LogRow): CommittedEvent {
  if (row.event === null) {
    const { eventSeq, event, audience, data } = createdEvent(sessionId, saidMessage(row));
    return { eventSeq, event, audience, data };
  }
  return { eventSeq: row.event_seq, event: row.event, audience: row.audience, data: storedWireDates(row.data) };
}
