alter table companies
  -- The company that created this one and may see it. A company without one may create companies.
  add column reseller_id integer references companies (id),
  add column settings jsonb not null default '{}';
create index companies_reseller on companies (reseller_id);

alter table users
  add column operator_status text not null default 'OFFLINE'
    constraint users_operator_status check (operator_status in ('ONLINE', 'PAUSE', 'OFFLINE')),
  add column operator_status_at timestamptz,
  add column last_assigned_at timestamptz,
  -- Tokens carry the number they were signed under; raising it ends all of them. A number is exact where an instant is
  -- not: `iat` has whole seconds.
  add column token_generation integer not null default 0;
create index users_company on users (company_id, id);
create index refresh_tokens_user on refresh_tokens (user_id);

-- Keys of back ends. Only the hash is kept: a key has more randomness than anybody can try.
create table api_keys (
  id uuid primary key,
  company_id integer not null references companies (id),
  user_id integer not null references users (id) on delete cascade,
  name text not null,
  roles text[] not null,
  key_hash bytea not null,
  prefix text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create unique index api_keys_hash on api_keys (key_hash);
create index api_keys_company on api_keys (company_id, created_at);
create index api_keys_user on api_keys (user_id);

-- Administrative changes: written before they begin, completed with how they ended. The name is the one of that time.
create table audit_log (
  id uuid primary key,
  company_id integer not null references companies (id),
  user_id integer not null,
  user_name text not null,
  api_key_id uuid,
  operation text not null,
  target jsonb not null,
  body jsonb,
  status integer,
  address text not null,
  created_at timestamptz not null
);
create index audit_log_company on audit_log (company_id, created_at desc, id desc);
