-- The hour in which something was said last, counted from the epoch, which lists are in the order of. Where it was a column
-- of `sessions`, the first message of an hour wrote to every index of that table, as each change of an indexed column does:
-- it moves alone here. Like `session_search` it is kept by the database.
create table session_activity (
  session_id uuid primary key references sessions (id) on delete cascade,
  company_id integer not null,
  hour integer not null
);
insert into session_activity (session_id, company_id, hour)
  select id, company_id, activity_hour from sessions where chat_id is not null order by activity_hour;
create index session_activity_list on session_activity (company_id, hour) include (session_id);

drop index sessions_by_activity;
drop index sessions_active;
alter table sessions drop column activity_hour;

create function molva_keep_activity() returns trigger language plpgsql as $$
begin
  insert into session_activity (session_id, company_id, hour)
    values (new.id, new.company_id, floor(extract(epoch from coalesce(new.last_message_at, new.started_at)) / 3600))
    on conflict (session_id) do update set hour = excluded.hour;
  return null;
end $$;
create trigger sessions_began after insert on sessions
  for each row when (new.chat_id is not null) execute function molva_keep_activity();
-- The condition is of every message, and holds of the first one of an hour: so it compares no texts and makes no numbers.
create trigger sessions_heard after update of last_message_at on sessions
  for each row when (new.chat_id is not null
    and date_bin('1 hour', coalesce(new.last_message_at, new.started_at), 'epoch')
      <> date_bin('1 hour', coalesce(old.last_message_at, old.started_at), 'epoch'))
  execute function molva_keep_activity();

alter table session_activity set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.1);
analyze session_activity;
