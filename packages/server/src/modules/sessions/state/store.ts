import type { EventPage, LoggedEvent } from '@molva/contract';
import { wireDate } from '@molva/contract';
import type { Database } from '../../../platform/database.ts';
import type { HistoryMessage } from './bot-port.ts';
import { loggedEvent, logPage, type LogRow } from './event-log.ts';
import { messageColumns, type MessageRow } from './message-row.ts';

const columns = messageColumns.join(', ');

const heldByNobody = {
  name: 'sessions_held_by_nobody',
  text: `with recursive held (fence) as (
      (select online_on from sessions where online_on is not null order by online_on limit 1)
      union all
      select (select online_on from sessions where online_on > held.fence order by online_on limit 1)
      from held where held.fence is not null),
    gone as (select fence from held where fence is not null and fence <> $1 and not exists (
      select from nodes where nodes.fence = held.fence and ($2::boolean is false or until > clock_timestamp())))
    select waiting.id, waiting.online_on as fence from gone
    cross join lateral (select id, online_on from sessions where online_on = gone.fence limit $3) as waiting limit $3`,
};
const liveInChat = {
  name: 'sessions_live_in_chat',
  text: 'select id from sessions where chat_id = $1 and closed_at is null and id <> all ($2::uuid[]) limit $3',
};
const forgetStartKeys = {
  name: 'session_start_keys_forget',
  text: 'delete from session_starts where created_at < $1',
};
const byClientMessageId = {
  name: 'message_by_client_message_id',
  text: `select ${columns} from messages where session_id = $1 and client_message_id = $2`,
};
const byId = {
  name: 'message_by_id',
  text: `select ${columns} from messages where session_id = $1 and id = $2 and deleted_at is null`,
};
/** Messages that one answer brings: as many as a turn may say. Whoever wants the others finds them in the log. */
export const MOST_TOLD = 100;
const botMessages = {
  name: 'messages_of_bot',
  text: `select ${columns} from messages where session_id = $1 and seq > $2 and seq <= $3 and author_type = 'BOT'
    order by seq limit ${MOST_TOLD}`,
};
const newestMessages = {
  name: 'messages_newest',
  text: `select author_type, body, created_at from (select seq, author_type, body, created_at from messages
      where session_id = $1 and deleted_at is null order by seq desc limit $2) newest order by seq`,
};
const answersTo = {
  name: 'messages_answering',
  text: `select ${columns} from messages m where session_id = $1 and seq > $2 and author_type = 'BOT' and seq < coalesce(
      (select min(seq) from messages where session_id = $1 and seq > $2 and author_type = 'CLIENT'), 2147483647)
    order by seq limit ${MOST_TOLD}`,
};
const eventsAfter = {
  name: 'session_events_after',
  text: `${logPage({ session: '$1::uuid', after: '$2::integer', limit: '$3', bytes: '$4' })} order by event_seq`,
};
const messageAnywhere = {
  name: 'message_anywhere',
  text: `select ${columns} from messages where id = $1 and deleted_at is null`,
};
const liveOfOperator = {
  name: 'sessions_live_of_operator',
  text: `select id, version from sessions where company_id = $1 and operator_id = $2 and closed_at is null
    and operator_type = 'OPERATOR' and waits_since is null`,
};
const byDialog = {
  name: 'session_by_dialog',
  text: 'select session_id from dialogs where company_id = $1 and id = $2',
};
const byDialogOrOwn = {
  name: 'session_by_dialog_or_own_id',
  text: `select coalesce((select session_id from dialogs where company_id = $1 and id = $2),
    (select id from sessions where company_id = $1 and id = $2 and chat_id is not null)) as session_id`,
};
/** More messages than this are not read at once. */
const MOST_HISTORY = 1_000;

/** Bytes of events that are read at once. */
const EVENT_BYTES = 4 * 1024 * 1024;

/** Reads of the sessions' own tables: the log, the keys and the look-ups by client. */
export class SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Some sessions whose client is online by the word of a process that is no more: whose fence is not there, or, where the
   * caller may take over, whose lease is over. Those of the own fence are not among them.
   */
  heldByNobody(own: number, takesOver: boolean, limit: number): Promise<{ id: string; fence: number }[]> {
    return this.#database.query<{ id: string; fence: number }>(heldByNobody, [own, takesOver, limit]);
  }

  /** Some live sessions of a chat. */
  async liveInChat(chatId: string, beside: readonly string[], limit: number): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(liveInChat, [chatId, beside, limit]);
    return rows.map((row) => row.id);
  }

  /** Forgets start keys from before the instant. */
  async forgetStartKeys(before: number): Promise<void> {
    await this.#database.query(forgetStartKeys, [new Date(before).toISOString()]);
  }

  /** The message a client already sent under this key. */
  async messageByKey(sessionId: string, key: string): Promise<MessageRow | undefined> {
    const [row] = await this.#database.query<MessageRow & Record<string, unknown>>(byClientMessageId, [sessionId, key]);
    return row;
  }

  /** A message of the session. */
  async message(sessionId: string, id: string): Promise<MessageRow | undefined> {
    const [row] = await this.#database.query<MessageRow & Record<string, unknown>>(byId, [sessionId, id]);
    return row;
  }

  /** What the bot said after one `seq` and up to another, the first of it. */
  botMessages(sessionId: string, after: number, until: number): Promise<MessageRow[]> {
    return this.#database.query<MessageRow & Record<string, unknown>>(botMessages, [sessionId, after, until]);
  }

  /** What the bot said between a client's message and its next one, the first of it. */
  answersTo(sessionId: string, seq: number): Promise<MessageRow[]> {
    return this.#database.query<MessageRow & Record<string, unknown>>(answersTo, [sessionId, seq]);
  }

  /** The newest messages that are not deleted, oldest first. */
  async history(sessionId: string, most: number): Promise<HistoryMessage[]> {
    const rows = await this.#database.query<
      Pick<MessageRow, 'author_type' | 'body' | 'created_at'> & Record<string, unknown>
    >(newestMessages, [sessionId, Math.min(most, MOST_HISTORY)]);
    return rows.map((row) => ({ authorType: row.author_type, body: row.body, createdAt: row.created_at }));
  }

  /** Events after a place in the log, oldest first; fewer than the limit where they are long. */
  async eventsAfter(sessionId: string, after: number, limit: number): Promise<EventPage> {
    const values = [sessionId, after, limit + 1, EVENT_BYTES];
    const rows = await this.#database.query<LogRow & { available: number } & Record<string, unknown>>(
      eventsAfter,
      values,
    );
    const items = rows.slice(0, limit).map((row) => {
      const { eventSeq, event, data } = loggedEvent(sessionId, row);
      return { eventSeq, event, data: JSON.parse(data) as unknown, createdAt: wireDate(row.created_at) };
    }) as LoggedEvent[];
    return { items, hasMore: (rows[0]?.available ?? 0) > items.length };
  }

  /** A message by its id alone. */
  async messageAnywhere(id: string): Promise<MessageRow | undefined> {
    const [row] = await this.#database.query<MessageRow & Record<string, unknown>>(messageAnywhere, [id]);
    return row;
  }

  /** The live sessions that an operator answers in, and the versions at which they are his. */
  liveOfOperator(companyId: number, operatorId: string): Promise<{ id: string; version: number }[]> {
    return this.#database.query<{ id: string; version: number }>(liveOfOperator, [companyId, operatorId]);
  }

  /** The session behind the id its caller gave to a dialog. */
  async sessionOfDialog(companyId: number, dialogId: string): Promise<string | undefined> {
    const [row] = await this.#database.query<{ session_id: string }>(byDialog, [companyId, dialogId]);
    return row?.session_id;
  }

  /** The session behind an id that bots know: that of a dialog, or of a session in a chat. */
  async sessionOfBot(companyId: number, id: string): Promise<string | undefined> {
    const [row] = await this.#database.query<{ session_id: string | null }>(byDialogOrOwn, [companyId, id]);
    return row?.session_id ?? undefined;
  }
}
