import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { bystand, bystandWhile } from './attacks/bystanders.ts';
import { post } from './support/calls.ts';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import { startMolva } from './support/molva.ts';
import { percentile, rounded } from './support/numbers.ts';
import { familyOf, watchCpu } from './support/process.ts';

/** Sessions that end in the same second: of one company, and of another whose ends are due a second later. */
const CROWD = Number(process.env['BENCH_ENDS'] ?? 13_000);
const OTHERS = Math.round(CROWD / 20);
const IDLE_SECONDS = Number(process.env['BENCH_SECONDS'] ?? 8);
/** From the writing of the timers to the second in which they end. */
const AHEAD_MS = 5_000;
const LATER_MS = 1_000;
/** Of the sessions that end, and of no other. */
const TTL_SECONDS = 601;
const LOOK_MS = 200;
const LONGEST_SECONDS = 120;

/** What bystanders met, milliseconds. */
interface Met {
  readonly exchanges: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What the ends of many sessions in one second did to others, and to one another. */
export interface EndFigures {
  readonly sessions: number;
  readonly before: Met;
  readonly during: Met;
  readonly after: Met;
  /** Until all were closed. */
  readonly seconds: number;
  /** Until those of the other company were, from when they were due. */
  readonly othersSeconds: number;
  /** With the bystanders' exchanges. */
  readonly serverCpuMicrosAnEnd: number;
  readonly databaseCpuMicrosAnEnd: number;
  readonly transactionsAnEnd: number;
}

/** Copies a session whose life is over, with a client of its own each; none of it is in anybody's memory. */
const copies = `
  with plan as materialized (select gen_random_uuid() as id, gen_random_uuid() as client from generate_series(1, $2::integer)),
    people as (insert into clients select (jsonb_populate_record(c, jsonb_build_object('id', plan.client, 'company_id', $3::integer))).*
      from plan, sessions s join clients c on c.company_id = s.company_id and c.id = s.client_id where s.id = $1::uuid)
  insert into sessions select (jsonb_populate_record(s, jsonb_build_object('id', plan.id, 'client_id', plan.client,
      'company_id', $3::integer, 'chat_id', $4::uuid, 'ttl', ${TTL_SECONDS}, 'started_at', s.started_at - interval '1 day',
      'last_message_at', s.last_message_at - interval '1 day', 'client_online_at', null, 'online_on', null))).*
    from plan, sessions s where s.id = $1::uuid`;

/** Lets those of a company end at an instant. */
const timers = `insert into due (kind, key, due_at, company_id)
  select 'session-expiry', id, $2::timestamptz, $1::integer from sessions where company_id = $1::integer and ttl = ${TTL_SECONDS}`;

/** Many sessions that end in the same second, beside exchanges of others. */
export async function endsBench(): Promise<EndFigures> {
  await using folder = await emptyFolder();
  await using molva = await startMolva(folder.dataFolder);
  const { port, pid } = molva;
  const chatId = await molva.echoChat();
  const database = await openBenchDatabase(molva.database);
  try {
    const otherChat = await anotherCompany(database, chatId);
    const template = await talked(port, chatId);
    await bystand(port, chatId, 2);
    const before = met(await bystand(port, chatId, IDLE_SECONDS));

    await database.query(copies, [template, CROWD, 1, chatId]);
    await database.query(copies, [template, OTHERS, 2, otherChat]);
    await database.query('vacuum analyze');
    await database.query('checkpoint');
    const due = Date.now() + AHEAD_MS;
    await database.query(timers, [1, new Date(due).toISOString()]);
    await database.query(timers, [2, new Date(due + LATER_MS).toISOString()]);
    if (Date.now() > due) throw new Error('the timers were written too late');
    await sleep(due - Date.now());

    const uses = [watchCpu(() => [pid]), watchCpu(() => familyOf(pid).slice(1))] as const;
    const transactions = await transactionsOf(database);
    const [left, othersLeft] = [watchLeft(database, 1, due), watchLeft(database, 2, due + LATER_MS)];
    let over = false;
    const closing = Promise.all([left, othersLeft]).finally(() => (over = true));
    const during = met(await bystandWhile(port, chatId, () => !over));
    const [seconds, othersSeconds] = await closing;
    if (await openOf(database)) throw new Error('sessions are open whose timers are gone');
    const [server, behind] = uses.map((used) => Math.round((used() / (CROWD + OTHERS)) * 1e6));
    await sleep(1_000);
    return {
      sessions: CROWD + OTHERS,
      before,
      during,
      after: met(await bystand(port, chatId, IDLE_SECONDS)),
      seconds,
      othersSeconds,
      serverCpuMicrosAnEnd: server ?? 0,
      databaseCpuMicrosAnEnd: behind ?? 0,
      transactionsAnEnd: rounded(((await transactionsOf(database)) - transactions) / (CROWD + OTHERS)),
    };
  } finally {
    await database.end();
  }
}

/** A session in which something was said, that lives on for long. */
async function talked(port: number, chatId: string): Promise<string> {
  const url = `http://127.0.0.1:${port}/api/v1`;
  const { id } = await post<{ id: string }>(`${url}/chats/${chatId}/sessions`, {});
  for (let count = 0; count < 3; count++) await post(`${url}/sessions/${id}/clients/messages`, { body: 'Hello' });
  return id;
}

/** A second company with a chat like the one there is; answers the chat's id. */
async function anotherCompany(database: pg.Client, chatId: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `with other as (insert into companies (name) values ('Other') returning id),
      bot as (insert into bots select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(), 'company_id', other.id))).*
        from other, chats c join bots b on b.id = c.bot_id where c.id = $1 returning id, company_id)
    insert into chats select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'company_id', bot.company_id, 'bot_id', bot.id))).*
      from bot, chats c where c.id = $1 returning id`,
    [chatId],
  );
  return rows[0]?.id ?? '';
}

/** Waits until no session of a company that is due is open; answers how long after they were due, seconds. */
async function watchLeft(database: pg.Client, companyId: number, due: number): Promise<number> {
  for (;;) {
    const { rows } = await database.query<{ left: boolean }>(
      `select exists (select from due where kind = 'session-expiry' and company_id = $1 and due_at <= $2) as left`,
      [companyId, new Date(due).toISOString()],
    );
    if (rows[0]?.left !== true && Date.now() > due) return rounded((Date.now() - due) / 1000);
    if (Date.now() > due + LONGEST_SECONDS * 1000) throw new Error('the sessions do not end');
    await sleep(LOOK_MS);
  }
}

/** Whether a session is open that was to end. */
async function openOf(database: pg.Client): Promise<boolean> {
  const { rows } = await database.query<{ some: boolean }>(
    `select (select count(*) from sessions where ttl = $1 and closed_at is not null) <> $2 as some`,
    [TTL_SECONDS, CROWD + OTHERS],
  );
  return rows[0]?.some === true;
}

async function transactionsOf(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ done: number }>(
    'select xact_commit::float8 as done from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.done ?? 0;
}

function met(latencies: readonly number[]): Met {
  const p = (share: number): number => rounded(percentile(latencies, share));
  return { exchanges: latencies.length, p50Ms: p(0.5), p99Ms: p(0.99) };
}
