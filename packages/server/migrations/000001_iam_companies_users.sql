create table companies (
  id integer generated always as identity primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table users (
  id integer generated always as identity primary key,
  company_id integer not null references companies (id),
  email text not null,
  password_hash text not null,
  first_name text not null default '',
  last_name text not null default '',
  middle_name text not null default '',
  phone text,
  roles text[] not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  blocked_at timestamptz
);
create unique index users_email on users (lower(email));

-- A family is one login; its tokens follow one another. A used token keeps its successor, encrypted with a key
-- derived from the used token itself, so that a repeat within the grace period gets the same answer.
create table refresh_tokens (
  token_hash bytea primary key,
  family uuid not null,
  user_id integer not null references users (id) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  successor bytea
);
create index refresh_tokens_family on refresh_tokens (family);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table login_failures (
  subject text not null,
  failed_at timestamptz not null
);
create index login_failures_subject on login_failures (subject, failed_at);
