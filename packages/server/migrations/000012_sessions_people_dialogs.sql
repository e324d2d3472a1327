-- A dialog of the bot API is a session of no chat.
alter table sessions alter column chat_id drop not null;
alter table sessions
  -- Whom the bot handed the session to, and since when nobody of them was there.
  add column hand_over json,
  add column operator_result text;

alter table messages add column deleted_at timestamptz;
-- A repeat is answered from the messages themselves.
alter table session_starts drop column until_seq;

-- Dialogs by the ids their callers gave them: such an id is no secret, so it is never the session's own.
create table dialogs (
  company_id integer not null references companies (id),
  id uuid not null,
  session_id uuid not null unique references sessions (id) on delete cascade,
  primary key (company_id, id)
);

-- What a bot did in each turn of a dialog, for whoever looks for a fault in it.
create table bot_traces (
  id uuid primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  info json not null,
  created_at timestamptz not null
);
create index bot_traces_session on bot_traces (session_id, created_at);

-- Headers an outgoing call carries beside its body, its signature among them.
alter table deliveries
  add column headers json,
  -- A call that failed is not tried again before this, whatever comes behind it.
  add column not_before timestamptz;

-- Everything below is for the list of sessions, which stays fast with millions of them. Of a message's columns none is
-- indexed, except `activity_hour`, which changes once an hour: the hot row stays on its page.
alter table sessions
  -- What is searched: the name and the number in the messenger, in lower case, one a line. The server writes it: which
  -- letters are whose lower case must not depend on the locale of the database.
  add column search text not null default '',
  -- The hour of the last message, or of the start: an index in the order of a column that every message changes.
  add column activity_hour integer not null default 0,
  -- Whether it is its client's newest session.
  add column newest boolean not null default false;

update sessions s set
  search = lower(replace(name, E'\n', ' ')) || E'\n' || lower(coalesce(options->>'messengerUserId', '')),
  activity_hour = floor(extract(epoch from coalesce(last_message_at, started_at)) / 3600),
  newest = not exists (select 1 from sessions n where n.company_id = s.company_id and n.client_id = s.client_id
    and (n.started_at, n.id) > (s.started_at, s.id));

-- Every run of three characters of a text, and what is left at its end; the company is a run among them. Whatever is
-- searched for begins or is made of such runs. pg_trgm would do, but in a database of the C locale it knows no letters
-- beyond ASCII.
create function molva_runs(source text, company integer) returns tsvector language plpgsql immutable strict parallel safe
  cost 1000 as $$
declare
  runs text[] := array[E'\n\n' || company];
begin
  for at in 1 .. length(source) loop
    runs[at + 1] := substr(source, at, 3);
  end loop;
  return array_to_tsvector(runs);
end $$;

-- The index of the runs costs as much as all the others together, and whatever changes an indexed column of a row
-- writes to every index of its table: so it is of a table that a session is written to once. Like an index it is kept
-- by the database.
-- With what the list shows of nothing but a search, ten times as many of its rows fit on a page.
create table session_search (
  id uuid primary key references sessions (id) on delete cascade,
  company_id integer not null,
  client_id uuid not null,
  started_at timestamptz not null,
  search text not null
);
insert into session_search (id, company_id, client_id, started_at, search)
  select id, company_id, client_id, started_at, search from sessions where chat_id is not null order by started_at;
create index session_search_runs on session_search using gin (molva_runs(search, company_id));
create index session_search_list on session_search (company_id, started_at, id);

create function molva_keep_search() returns trigger language plpgsql as $$
begin
  insert into session_search (id, company_id, client_id, started_at, search)
    values (new.id, new.company_id, new.client_id, new.started_at, new.search)
    on conflict (id) do update set search = excluded.search;
  return null;
end $$;
create trigger sessions_searched after insert on sessions
  for each row when (new.chat_id is not null) execute function molva_keep_search();
create trigger sessions_renamed after update of search on sessions
  for each row when (new.chat_id is not null and new.search <> old.search) execute function molva_keep_search();

-- The tag with its sessions in one index.
drop index session_tags_tag;
create index session_tags_tag on session_tags (tag_id, session_id);

drop index sessions_company;
drop index sessions_client;
create index sessions_list on sessions (company_id, started_at, id)
  include (chat_id, status, bot_status, operator_type, operator_id, marked_as_spam) where chat_id is not null;
create index sessions_client on sessions (company_id, client_id, started_at, id) include (chat_id);
create index sessions_newest on sessions (company_id, started_at, id) where newest and chat_id is not null;
create index sessions_by_status on sessions (company_id, status, started_at, id) where chat_id is not null;
create index sessions_by_bot_status on sessions (company_id, bot_status, started_at, id) where chat_id is not null;
create index sessions_by_operator on sessions (company_id, operator_id, started_at, id) where chat_id is not null;
create index sessions_by_operator_type on sessions (company_id, operator_type, started_at, id) where chat_id is not null;
create index sessions_by_chat on sessions (company_id, chat_id, started_at, id) where chat_id is not null;
create index sessions_by_spam on sessions (company_id, marked_as_spam, started_at, id) where chat_id is not null;
create index sessions_by_name on sessions (company_id, name, started_at, id) where chat_id is not null;
create index sessions_by_assignment on sessions (company_id, operator_assigned_at, started_at, id) where chat_id is not null;
create index sessions_by_activity on sessions (company_id, activity_hour) where chat_id is not null;
-- What a panel looks at: few of all sessions, the ones with the latest messages first, or those of one operator.
create index sessions_active on sessions (company_id, activity_hour) where status = 'ACTIVE' and chat_id is not null;
create index sessions_active_of_operator on sessions (company_id, operator_id) where status = 'ACTIVE' and chat_id is not null;
-- The load of an operator.
create index sessions_of_operator on sessions (company_id, operator_id) where closed_at is null and operator_type = 'OPERATOR';
-- A count reads an index alone where the pages are known to hold nothing but rows that everybody sees: that is what a
-- vacuum notes, which by default comes only after a fifth of all sessions.
alter table sessions set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.1);
alter table session_search set (autovacuum_vacuum_insert_scale_factor = 0.05);
create index clients_banned on clients (company_id, id) where banned_at is not null;

-- Until when a run has a timer to itself. A wish that comes in meanwhile moves `due_at` and not the lease: so there is
-- never a second run for the same key beside the first.
alter table due add column leased_until timestamptz;
