-- Logins that were ended while their tokens last: a token names its login, and is good where that is not among these.
create table ended_logins (
  family uuid primary key,
  ended_at timestamptz not null
);
create index ended_logins_age on ended_logins (ended_at);
