import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Connections the server itself uses at most. */
const CONNECTIONS = 16;

const statement = {
  name: 'bench_exchange',
  text: `with moved as (update sessions set version = version + 1, last_seq = last_seq + 2, last_event_seq = last_event_seq + 2,
      unread = unread + 1, last_message_at = now(), bot_state = $2::json where id = $1::uuid returning id, company_id, last_seq, last_event_seq),
    m as (insert into messages (session_id, company_id, id, seq, event_seq, author_type, author_id, author_name, type, body, created_at)
      select moved.id, moved.company_id, new.id, moved.last_seq - new.back, moved.last_event_seq - new.back, new.author, 'author', 'Echo', 'REGULAR', new.body, now()
      from moved, (values ($3::uuid, 1, 'CLIENT', $5), ($4::uuid, 0, 'BOT', $6)) as new (id, back, author, body)),
    e as (insert into session_events (session_id, event_seq, event, audience, data, created_at)
      select moved.id, moved.last_event_seq - new.back, 'chatMessageCreated', null, new.data, now()
      from moved, (values (1, $7::json), (0, $8::json)) as new (back, data))
    select 1 from moved`,
};
const DATA = JSON.stringify({
  id: randomUUID(),
  authorType: 'BOT',
  body: 'You said Hello, is anybody there?',
  answers: [],
  attachments: [],
  actions: [],
  sessionId: randomUUID(),
  createdAt: '2026-01-28T12:00:00+00:00',
});

/** The same transaction by SQL alone, on the same database: commits a second with so many sessions at a time. */
export async function rawSqlRate(database: pg.ClientConfig, sessions: number, seconds: number): Promise<number> {
  const pool = new pg.Pool({ ...database, max: CONNECTIONS });
  const { rows } = await pool.query<{ id: string }>({
    text: `insert into sessions (id, company_id, chat_id, client_id, name, channel, ttl, status, bot_status, bot_id, operator_type, operator_id,
        operator_name, operators, started_at, options, version, last_seq, last_event_seq, unread)
      select gen_random_uuid(), chats.company_id, chats.id, clients.id, '', 'API', 3600, 'ACTIVE', 'WAIT', chats.bot_id, 'BOT', '', '', '[]', now(), '{}', 1, 0, 0, 0
      from (select company_id, id, bot_id from chats limit 1) chats, (select id from clients limit 1) clients, generate_series(1, $1) returning id`,
    values: [sessions],
  });
  let done = 0;
  let running = true;
  const began = performance.now();
  const loops = rows.map(async ({ id }) => {
    while (running) {
      await pool.query({
        ...statement,
        values: [
          id,
          '{"state":{"at":"echo"}}',
          randomUUID(),
          randomUUID(),
          'Hello, is anybody there?',
          'You said Hello, is anybody there?',
          DATA,
          DATA,
        ],
      });
      done++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = Math.round(done / ((performance.now() - began) / 1000));
  running = false;
  await Promise.all(loops);
  await pool.query(`update sessions set status = 'CLOSED', closed_at = now() where name = ''`);
  await pool.end();
  return rate;
}
