create table bots (
  id uuid primary key,
  company_id integer not null references companies (id),
  name text not null,
  language text not null,
  kind text not null,
  scenario jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by integer,
  deleted_at timestamptz
);
create index bots_company on bots (company_id, created_at);
