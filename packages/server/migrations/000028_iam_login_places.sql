-- Whose password it was, so that a reset can forget all of them, whatever they were counted under.
alter table login_failures add column account text;
create index login_failures_account on login_failures (account, failed_at) where account is not null;

-- Accounts with the addresses they were logged in from: what others do at such an address keeps nobody out of them.
create table login_places (
  subject text primary key,
  seen_at timestamptz not null
);
create index login_places_seen on login_places (seen_at);

-- An e-mail address as it is compared. What is no ASCII is folded by the program, which knows Unicode whatever the
-- collation of the database is; an address stays without where another one has its key.
alter table users add column email_key text;
update users set email_key = lower(email) where octet_length(email) = length(email);
create unique index users_email_key on users (email_key);
