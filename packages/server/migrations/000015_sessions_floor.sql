-- Who answers in a session, as one state. The columns that lists know stay beside it, written as its view; a row whose
-- floor is absent, or disagrees with them, is read from them.
alter table sessions
  add column floor json,
  -- Since when the session waits for a person, in which group (null: anybody of the company), and how urgently. No
  -- message touches them.
  add column waits_since timestamptz,
  add column waits_in uuid,
  add column priority smallint not null default 0;

-- Whoever sits in the help list waits. A group that is gone by now is nobody's.
update sessions s set
  waits_since = coalesce((s.hand_over->>'notFoundAt')::timestamptz, s.last_message_at, s.started_at),
  waits_in = (select g.id from groups g where g.company_id = s.company_id and g.id::text = s.hand_over->>'groupId')
where s.closed_at is null and s.operator_type = 'OPERATOR' and s.operator_id = '' and s.chat_id is not null;

-- The queue, places in it and the help list: all are this order.
create index sessions_waiting on sessions (company_id, waits_in, priority desc, waits_since, id)
  where waits_since is not null;

-- A person's load: what waits for somebody goes on naming who answered before, and burdens nobody.
drop index sessions_of_operator;
create index sessions_of_operator on sessions (company_id, operator_id)
  where closed_at is null and operator_type = 'OPERATOR' and waits_since is null;

-- Timers of before under the names of today; whoever waits for a person, or has one, is looked at.
update due set kind = 'session-hold' where kind = 'session-idle';
insert into due (kind, key, due_at, company_id)
  select 'session-wait', id, now(), company_id from sessions where waits_since is not null
  on conflict (kind, key) do nothing;
insert into due (kind, key, due_at, company_id)
  select 'session-hold', id, now(), company_id from sessions
  where closed_at is null and operator_type = 'OPERATOR' and operator_id <> '' and chat_id is not null
  on conflict (kind, key) do update set due_at = least(due.due_at, excluded.due_at);
