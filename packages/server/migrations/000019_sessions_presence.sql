-- The fence of the process that has the client of a session on a live connection; null where the client is away. What a
-- fence that is no more has said is put right by whoever finds it.
alter table sessions add column online_on integer;
create index sessions_online on sessions (online_on) where online_on is not null;

-- Nobody knows where clients are who are online by the word of before: they are put right too.
update sessions set online_on = 0
where closed_at is null and client_online_at > coalesce(client_offline_at, '-infinity');
