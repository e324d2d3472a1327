-- Whatever must happen later, as rows any node picks up. `generation` grows with every change, so that a finished
-- run never wipes out a wish that came in while it ran.
create table due (
  kind text not null,
  key uuid not null,
  due_at timestamptz not null,
  generation integer not null default 1,
  attempts integer not null default 0,
  primary key (kind, key)
) with (fillfactor = 70);
create index due_at on due (due_at);

-- Outgoing calls, sent in order of id within their session.
create table deliveries (
  id bigint generated always as identity primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  url text not null,
  body text not null,
  attempts integer not null default 0
);
create index deliveries_session on deliveries (session_id, id);
