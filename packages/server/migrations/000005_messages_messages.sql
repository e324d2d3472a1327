create table messages (
  id uuid not null,
  session_id uuid not null references sessions (id) on delete cascade,
  company_id integer not null,
  seq integer not null,
  event_seq integer not null,
  author_type text not null,
  author_id text not null,
  author_name text not null,
  type text not null,
  body text not null,
  extras json,
  reply_to uuid,
  client_message_id uuid,
  created_at timestamptz not null,
  updated_at timestamptz,
  read_at timestamptz,
  primary key (session_id, seq)
);
create unique index messages_id on messages (id);
create unique index messages_client_message_id on messages (session_id, client_message_id)
  where client_message_id is not null;

-- The event log: the truth that live delivery, catching up and notifications are made from.
create table session_events (
  session_id uuid not null references sessions (id) on delete cascade,
  event_seq integer not null,
  event text not null,
  audience text,
  data json not null,
  created_at timestamptz not null,
  primary key (session_id, event_seq)
);
