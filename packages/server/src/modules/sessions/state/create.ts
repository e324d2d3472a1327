import { prepared, type Database, type Queryable } from '../../../platform/database.ts';
import { append, writeOf } from './append.ts';
import type { Values } from './column.ts';
import type { originColumns } from './columns.ts';
import type { Draft, DraftPorts } from './draft.ts';
import { originInsert, sessionInsert } from './written-columns.ts';

/** Where a started session came from, beside what it is. */
export interface Origin extends Values<typeof originColumns> {
  /** Whether the client was there before. */
  readonly knownClient: boolean;
}

/** The key under which a start can be repeated, and what its repeat needs to know. */
export interface StartKey {
  readonly key: string;
  readonly messageId: string | null;
  /** Who made it, as far as that was proven; it is repeated by nobody else. */
  readonly madeBy: string;
  /** A digest of what it was asked with. */
  readonly asked: Buffer;
}

const inserted = [...sessionInsert, ...originInsert];
const insertSession = prepared(
  'session_insert',
  `insert into sessions (${inserted.map(({ name }) => name).join(', ')})
    values (${inserted.map(({ type }, index) => `$${index + 1}::${type}`).join(', ')})`,
);
const notNewest = {
  name: 'sessions_not_newest',
  text: 'update sessions set newest = false where company_id = $1 and client_id = $2 and newest and id <> $3',
};
const insertKey = {
  name: 'session_start_insert',
  text: `insert into session_starts (chat_id, key, session_id, message_id, made_by, asked, created_at)
    values ($1, $2, $3, $4, $5, $6, $7)`,
};

const insertDialog = {
  name: 'dialog_insert',
  text: 'insert into dialogs (company_id, id, session_id) values ($1, $2, $3)',
};

/**
 * Writes a new session with its first step in one transaction, behind its client: starts of one client that come at once
 * wait there for each other, and the last one sees all. A used start key, and the id of a dialog that there is already,
 * fail as a unique violation.
 * @param client writes the client and holds it; a throw undoes everything
 */
export async function createSession(
  database: Database,
  ports: DraftPorts,
  draft: Draft,
  origin: Origin,
  startKey: StartKey | null,
  client: (connection: Queryable) => Promise<void>,
): Promise<void> {
  await database.transaction(async (connection) => {
    await client(connection);
    await connection.query(insertSession, [
      ...sessionInsert.map(({ write }) => write(draft.before)),
      ...originInsert.map(({ write }) => write(origin)),
    ]);
    await append(connection, writeOf(ports, draft), draft.seat);
    const { companyId, clientId, chatId, id, options } = draft.session;
    if (origin.knownClient && chatId !== null) {
      await connection.query(notNewest, [companyId, clientId, id]);
    }
    if (options.dialog !== undefined) await connection.query(insertDialog, [companyId, options.dialog.id, id]);
    if (startKey !== null) {
      const { session } = draft;
      const at = new Date(draft.now).toISOString();
      const { key, messageId, madeBy, asked } = startKey;
      await connection.query(insertKey, [session.chatId, key, session.id, messageId, madeBy, asked, at]);
    }
  });
}
