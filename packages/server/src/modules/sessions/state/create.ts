import type { Database, Queryable } from '../../../platform/database.ts';
import { append } from './append.ts';
import type { Draft } from './draft.ts';
import type { Ids } from '../../../platform/ids.ts';
import { hourOf, searchText } from './search.ts';
import type { HotSession } from './session.ts';

/** Where a started session came from, beside what it is. */
export interface Origin {
  /** Whether the client may have sessions already. */
  readonly knownClient: boolean;
  readonly channel: string;
  readonly messengerType: string | null;
  readonly referer: string | null;
}

/** The key under which a start can be repeated, and what its repeat needs to know. */
export interface StartKey {
  readonly key: string;
  readonly messageId: string | null;
}

const insertSession = {
  name: 'session_insert',
  text: `insert into sessions (id, company_id, chat_id, client_id, name, channel, messenger_type, referer, ttl, status, bot_status,
      bot_id, operator_type, operator_id, operator_name, operator_assigned_at, operators, started_at, options, version, last_seq,
      last_event_seq, unread, bot_state, search, activity_hour, newest)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ACTIVE', 'WAIT', $10, 'BOT', $11, $12, $13, $14, $13, $15, 1, 0, 0, 0, $16::json,
      $17, $18, $3::uuid is not null)`,
};
const lockClient = {
  name: 'client_lock',
  text: 'select 1 from clients where company_id = $1 and id = $2 for no key update',
};
const notNewest = {
  name: 'sessions_not_newest',
  text: 'update sessions set newest = false where company_id = $1 and client_id = $2 and newest and id <> $3',
};
const insertKey = {
  name: 'session_start_insert',
  text: `insert into session_starts (chat_id, key, session_id, message_id, created_at) values ($1, $2, $3, $4, $5)`,
};

const insertDialog = {
  name: 'dialog_insert',
  text: 'insert into dialogs (company_id, id, session_id) values ($1, $2, $3)',
};

/**
 * Writes a new session with its first step in one transaction. A used start key, and the id of a dialog that there is
 * already, fail as a unique violation.
 */
export async function createSession(
  database: Database,
  ids: Ids,
  draft: Draft,
  origin: Origin,
  startKey: StartKey | null,
): Promise<void> {
  await database.transaction(async (connection) => {
    await insert(connection, draft.before, origin, draft.now);
    await append(connection, ids, draft);
    const { companyId, clientId, chatId, id, options } = draft.session;
    if (origin.knownClient && chatId !== null) {
      // Starts of one client that come at once wait here for each other, and the last one sees all.
      await connection.query(lockClient, [companyId, clientId]);
      await connection.query(notNewest, [companyId, clientId, id]);
    }
    if (options.dialog !== undefined) await connection.query(insertDialog, [companyId, options.dialog.id, id]);
    if (startKey !== null) {
      const { session } = draft;
      const at = new Date(draft.now).toISOString();
      await connection.query(insertKey, [session.chatId, startKey.key, session.id, startKey.messageId, at]);
    }
  });
}

async function insert(connection: Queryable, session: HotSession, origin: Origin, now: number): Promise<void> {
  await connection.query(insertSession, [
    session.id,
    session.companyId,
    session.chatId,
    session.clientId,
    session.name,
    origin.channel,
    origin.messengerType,
    origin.referer,
    session.ttl,
    session.botId,
    session.operatorId,
    session.operatorName,
    new Date(now).toISOString(),
    JSON.stringify(session.operators),
    JSON.stringify(session.options),
    session.bot === null ? null : JSON.stringify(session.bot),
    searchText(session),
    hourOf(now),
  ]);
}
