import { SESSION_AFTERLIFE_MS } from '@molva/contract';
import type { Database, Prepared } from '../../platform/database.ts';
import { clientColumns, type ClientRow } from './claim.ts';

/**
 * A session holds the ban of its client: moved in the same statement, what anybody keeps of it in memory is old, and the
 * next step made up on that loses its race. One that ended is still open to its holder for a while.
 */
const setBan: Prepared = {
  name: 'client_ban_set',
  text: `with client as (
      update clients set banned_at = case when $3 then coalesce(banned_at, $4::timestamptz) end, updated_at = $4::timestamptz
      where company_id = $1 and id = $2 returning company_id, id
    ), moved as (
      update sessions s set version = s.version + 1 from client
      where s.company_id = client.company_id and s.client_id = client.id and
        (s.closed_at is null or s.closed_at > $4::timestamptz - interval '${SESSION_AFTERLIFE_MS} milliseconds')
      returning s.id, s.version)
    select (select coalesce(json_agg(moved), '[]') from moved) as moved from client`,
};
const setClientComment: Prepared = {
  name: 'client_comment_set',
  text: `with noted as (
      update clients set updated_at = $4::timestamptz where company_id = $1 and id = $2 returning company_id, id)
    insert into client_comments (company_id, client_id, comment, updated_at)
    select company_id, id, $3, $4::timestamptz from noted
    on conflict (company_id, client_id) do update set comment = excluded.comment, updated_at = excluded.updated_at
    returning client_id`,
};
const setSessionComment: Prepared = {
  name: 'session_comment_set',
  text: `insert into session_comments (session_id, comment, updated_at)
    select id, $3, $4::timestamptz from sessions where company_id = $1 and id = $2 and chat_id is not null
    on conflict (session_id) do update set comment = excluded.comment, updated_at = excluded.updated_at
    returning session_id`,
};

/** A session whose version was moved. */
export interface MovedSession {
  readonly id: string;
  readonly version: number;
}

/** SQL of single clients, and of the comments on them and on sessions. Instants are written as ISO text. */
export class ClientStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A client of the company; undefined where there is none. */
  find(companyId: number, id: string): Promise<ClientRow | undefined> {
    return this.#database.builder
      .selectFrom('clients')
      .select(clientColumns)
      .where('company_id', '=', companyId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /**
   * Bans a client, or lifts its ban, and answers its live sessions with their new versions; undefined where there is no
   * such client. The instant of a ban that is there stays.
   */
  async ban(companyId: number, id: string, banned: boolean, now: string): Promise<MovedSession[] | undefined> {
    const [row] = await this.#database.query<{ moved: MovedSession[] }>(setBan, [companyId, id, banned, now]);
    return row?.moved;
  }

  /** The comment of a client, empty where nobody wrote one; undefined where there is no such client. */
  async clientComment(companyId: number, clientId: string): Promise<string | undefined> {
    const row = await this.#database.builder
      .selectFrom('clients')
      .leftJoin('client_comments', (join) =>
        join
          .onRef('client_comments.company_id', '=', 'clients.company_id')
          .onRef('client_comments.client_id', '=', 'clients.id'),
      )
      .where('clients.company_id', '=', companyId)
      .where('clients.id', '=', clientId)
      .select('client_comments.comment')
      .executeTakeFirst();
    return row && (row.comment ?? '');
  }

  /** False where there is no such client. */
  async setClientComment(companyId: number, clientId: string, comment: string, now: string): Promise<boolean> {
    return (await this.#database.query(setClientComment, [companyId, clientId, comment, now])).length > 0;
  }

  /** The comment of a session, empty where nobody wrote one; undefined where there is no such session. */
  async sessionComment(companyId: number, sessionId: string): Promise<string | undefined> {
    const row = await this.#database.builder
      .selectFrom('sessions')
      .leftJoin('session_comments', 'session_comments.session_id', 'sessions.id')
      .where('sessions.company_id', '=', companyId)
      .where('sessions.id', '=', sessionId)
      .where('sessions.chat_id', 'is not', null)
      .select('session_comments.comment')
      .executeTakeFirst();
    return row && (row.comment ?? '');
  }

  /** False where there is no such session. */
  async setSessionComment(companyId: number, sessionId: string, comment: string, now: string): Promise<boolean> {
    return (await this.#database.query(setSessionComment, [companyId, sessionId, comment, now])).length > 0;
  }
}
