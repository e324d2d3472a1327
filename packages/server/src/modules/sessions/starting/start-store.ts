import type { Database, Queryable } from '../../../platform/database.ts';
import { dueConflict } from '../../../platform/due-rows.ts';
import { isoInstant } from '../../../platform/instant.ts';
import type { StartKey } from '../state/create.ts';
import type { SessionProof } from '../state/session-proof.ts';

/** A client in one chat. */
export interface ClientInChat {
  readonly companyId: number;
  readonly chatId: string;
  readonly clientId: string;
}

/** A live session as far as it decides who may go on with it. */
export interface LiveSession {
  readonly id: string;
  readonly verified: SessionProof | null;
}

/** What was started under a key. */
export interface StartedUnder extends Pick<StartKey, 'messageId'> {
  readonly sessionId: string;
  /** Both null: it was started before that was noted, in a chat that verifies nothing. */
  readonly madeBy: string | null;
  readonly asked: Buffer | null;
}

/** Live sessions of one client in one chat that are looked at. */
const MOST_LIVE = 20;
/** The timer that ends a session which was begun before its client was proven. */
export const UNPROVEN_KIND = 'session-unproven';
const liveOfClient = {
  name: 'sessions_live_of_client',
  text: `select id, verified from sessions where company_id = $1 and chat_id = $2 and client_id = $3 and closed_at is null
    order by started_at desc, id desc limit ${MOST_LIVE}`,
};
const endUnproven = {
  name: 'sessions_unproven_end',
  text: `insert into due (kind, key, due_at, company_id) select '${UNPROVEN_KIND}', id, $3::timestamptz, company_id from sessions
    where company_id = $1 and client_id = $2 and chat_id is not null and closed_at is null and verified is null
    order by id ${dueConflict()}`,
};
const byStartKey = {
  name: 'session_by_start_key',
  text: `select session_id as "sessionId", message_id as "messageId", made_by as "madeBy", asked from session_starts
    where chat_id = $1 and key = $2`,
};
const repeatedByClient = {
  name: 'message_repeated_by_client',
  text: `select s.id, s.verified from sessions s join messages m on m.session_id = s.id and m.client_message_id = $4
    where s.company_id = $1 and s.chat_id = $2 and s.client_id = $3 limit 1`,
};

/** Reads of what a start looks for: sessions of its client, and what its keys named before. */
export class StartStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest live sessions of a client in a chat, the newest first; within a transaction where one is given. */
  liveOfClient(client: ClientInChat, connection: Queryable = this.#database): Promise<LiveSession[]> {
    return connection.query<LiveSession & Record<string, unknown>>(liveOfClient, valuesOf(client));
  }

  /**
   * Wishes for the end of what a client has begun without a proof, in any chat: within the transaction that proves it and
   * holds it, so that all there is ends and nothing that comes later.
   */
  async endUnproven(
    connection: Queryable,
    { companyId, clientId }: Omit<ClientInChat, 'chatId'>,
    at: number,
  ): Promise<void> {
    await connection.query(endUnproven, [companyId, clientId, isoInstant(at)]);
  }

  /** What was started under a key. */
  async startedUnder(chatId: string, key: string): Promise<StartedUnder | undefined> {
    const [row] = await this.#database.query<StartedUnder & Record<string, unknown>>(byStartKey, [chatId, key]);
    return row;
  }

  /** The session of this client in this chat, live or not, that has the message sent under a key. */
  async repeatedByClient(client: ClientInChat, key: string): Promise<LiveSession | undefined> {
    const values = [...valuesOf(client), key];
    const [row] = await this.#database.query<LiveSession & Record<string, unknown>>(repeatedByClient, values);
    return row;
  }
}

function valuesOf({ companyId, chatId, clientId }: ClientInChat): unknown[] {
  return [companyId, chatId, clientId];
}
