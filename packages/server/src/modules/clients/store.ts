import { sql } from 'kysely';
import type { Database, Prepared } from '../../platform/database.ts';
import { clientColumns, type ClientRow } from './find-or-create.ts';

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

  /** Bans a client, or lifts its ban; false where there is none. The instant of a ban that is there stays. */
  async ban(companyId: number, id: string, banned: boolean, now: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database.builder
      .updateTable('clients')
      .set({
        banned_at: banned ? sql<string>`coalesce(banned_at, ${now}::timestamptz)` : null,
        updated_at: now,
      })
      .where('company_id', '=', companyId)
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
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
