-- The one writer of messages and events inserts from the row of their session that it has just moved: looking for that
-- session again, for every row, finds what is known. What a deleted session leaves goes by the statement, not by the row.
alter table messages drop constraint messages_session_id_fkey;
alter table session_events drop constraint session_events_session_id_fkey;

create function delete_what_sessions_left() returns trigger language plpgsql as $$
begin
  delete from messages using gone where messages.session_id = gone.id;
  delete from session_events using gone where session_events.session_id = gone.id;
  return null;
end
$$;
create trigger sessions_deleted after delete on sessions referencing old table as gone
  for each statement execute function delete_what_sessions_left();
