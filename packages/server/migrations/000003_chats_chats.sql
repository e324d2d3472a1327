create table chats (
  id uuid primary key,
  company_id integer not null references companies (id),
  name text not null,
  bot_id uuid not null references bots (id),
  settings jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index chats_company on chats (company_id, created_at);
create index chats_bot on chats (bot_id);
