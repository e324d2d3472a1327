create table clients (
  id uuid not null,
  company_id integer not null references companies (id),
  external_id text,
  messenger_type text,
  messenger_user_id text,
  -- Whether the two identities above were proven. What anybody can claim is stored, but never matched.
  verified boolean not null,
  name text,
  first_name text,
  middle_name text,
  last_name text,
  phone text,
  email text,
  device_id text,
  timezone smallint,
  banned_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (company_id, id)
);
create unique index clients_external on clients (company_id, external_id) where verified and external_id is not null;
create unique index clients_messenger on clients (company_id, messenger_type, messenger_user_id)
  where verified and messenger_user_id is not null;

-- No index on a column that every message changes, and room on the page: so each update of the hot row stays on
-- its page (HOT) and touches no index.
create table sessions (
  id uuid primary key,
  company_id integer not null,
  chat_id uuid not null references chats (id),
  client_id uuid not null,
  name text not null,
  channel text not null,
  messenger_type text,
  referer text,
  ttl integer not null,
  status text not null,
  bot_status text not null,
  bot_id uuid not null,
  operator_type text not null,
  operator_id text not null,
  operator_name text not null,
  operator_assigned_at timestamptz,
  operators jsonb not null,
  marked_as_spam boolean not null default false,
  started_at timestamptz not null,
  closed_at timestamptz,
  result text,
  options jsonb not null,
  version integer not null,
  last_seq integer not null,
  last_event_seq integer not null,
  unread integer not null,
  last_message_at timestamptz,
  client_online_at timestamptz,
  client_offline_at timestamptz,
  last_operator_message_at timestamptz,
  first_client_message_after_at timestamptz,
  bot_state json,
  rating smallint,
  rating_comment text,
  rated_at timestamptz,
  foreign key (company_id, client_id) references clients (company_id, id)
) with (fillfactor = 50);
create index sessions_company on sessions (company_id, started_at desc, id);
create index sessions_client on sessions (client_id, started_at desc);
create index sessions_chat_active on sessions (chat_id) where closed_at is null;

-- Answers of starts by the caller's idempotency key, kept for a day.
create table session_starts (
  chat_id uuid not null,
  key uuid not null,
  session_id uuid not null references sessions (id) on delete cascade,
  message_id uuid,
  until_seq integer not null,
  created_at timestamptz not null,
  primary key (chat_id, key)
);
create index session_starts_age on session_starts (created_at);
