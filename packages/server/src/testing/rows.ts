import type pg from 'pg';
import type { Database } from '../platform/database.ts';

/** A session as a test writes it; the rest is filled in. */
export interface WrittenSession {
  readonly companyId: number;
  /** Who answers, or answered before it waited. */
  readonly operatorId?: number | undefined;
  readonly closed?: boolean;
  readonly floor?: object | null;
  readonly waitsIn?: string | null;
  /** Milliseconds; null or absent: it does not wait. */
  readonly waitsSince?: number | null;
  readonly priority?: number;
}

/** Runs a statement that a test needs once. */
export async function runSql<Row extends pg.QueryResultRow>(
  database: Database,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return database.transaction(async ({ client }) => (await client.query<Row>(text, values)).rows);
}

/** How many statements wait for a lock in this database. */
export async function lockWaits(database: Database): Promise<number> {
  const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return (await runSql(database, text)).length;
}

/** Writes a company; answers its number. */
export async function writeCompany(database: Database): Promise<number> {
  const [row] = await runSql<{ id: number }>(database, `insert into companies (name) values ('Company') returning id`);
  return row?.id ?? 0;
}

/** Writes a user with its seat; answers its number. */
export async function writeUser(
  database: Database,
  companyId: number,
  { status = 'ONLINE', roles = ['OPERATOR'], capacity = null as number | null } = {},
): Promise<number> {
  const [row] = await runSql<{ id: number }>(
    database,
    `insert into users (company_id, email, password_hash, roles)
      values ($1, gen_random_uuid()::text, '', $2) returning id`,
    [companyId, roles],
  );
  const seat = [row?.id, status, capacity];
  await runSql(database, 'update seats set status = $2, status_at = now(), capacity = $3 where user_id = $1', seat);
  return row?.id ?? 0;
}

/** Writes a group with members; answers its id. */
export async function writeGroup(database: Database, companyId: number, members: readonly number[]): Promise<string> {
  const [row] = await runSql<{ id: string }>(
    database,
    `insert into groups (id, company_id, name, timer_first_answer, timer_next_answers, created_at, updated_at)
      values (gen_random_uuid(), $1, 'Group', 0, 0, now(), now()) returning id`,
    [companyId],
  );
  await runSql(
    database,
    'insert into group_members (group_id, company_id, user_id) select $1, $2, unnest($3::integer[])',
    [row?.id, companyId, members],
  );
  return row?.id ?? '';
}

/** Writes a session at version 1 that people answer in, or that waits for them; answers its id. */
export async function writeSession(database: Database, session: WrittenSession): Promise<string> {
  const { companyId, operatorId, closed = false, floor = null, waitsIn = null, waitsSince = null } = session;
  const instant = waitsSince === null ? null : new Date(waitsSince).toISOString();
  const [row] = await runSql<{ id: string }>(
    database,
    `with client as (
        insert into clients (id, company_id, verified, created_at, updated_at)
        values (gen_random_uuid(), $1, false, now(), now()) returning id)
      insert into sessions (id, company_id, client_id, name, channel, ttl, status, bot_status, bot_id, operator_type,
        operator_id, operator_name, operators, started_at, closed_at, options, version, last_seq, last_event_seq, unread,
        floor, waits_in, waits_since, priority)
      select gen_random_uuid(), $1, id, '', '', 60, 'ACTIVE', 'OPERATOR', gen_random_uuid(), 'OPERATOR',
        $2, '', '[]', now(), case when $3 then now() end, '{}', 1, 0, 0, 0, $4, $5, $6, $7 from client returning id`,
    [
      companyId,
      operatorId === undefined ? '' : String(operatorId),
      closed,
      floor === null ? null : JSON.stringify(floor),
      waitsIn,
      instant,
      session.priority ?? 0,
    ],
  );
  return row?.id ?? '';
}
