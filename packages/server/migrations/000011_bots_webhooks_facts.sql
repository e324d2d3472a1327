alter table bots
  -- Values are computed in the order they are written in, which jsonb forgets.
  alter column scenario type json using scenario::json,
  alter column scenario drop not null,
  -- A bot that answers elsewhere: its address, the secret its calls are signed with, and its patience.
  add column webhook jsonb,
  add constraint bots_one_source check ((scenario is null) <> (webhook is null));

-- What bots keep about clients beyond a session.
create table facts (
  id uuid primary key,
  company_id integer not null references companies (id),
  bot_id uuid not null,
  client_id uuid not null,
  context text not null,
  name text not null,
  value jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (company_id, bot_id, client_id, context, name)
);
create index facts_company on facts (company_id, created_at);
create index facts_client on facts (company_id, client_id, created_at);
