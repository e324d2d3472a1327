-- Where users stand as operators. Routing raises `epoch` with every session it gives, and so does whatever changes whom
-- it may give one to: a decision made from what was read before finds another number and is void.
create table seats (
  company_id integer not null references companies (id),
  user_id integer not null references users (id) on delete cascade,
  status text not null default 'OFFLINE' constraint seats_status check (status in ('ONLINE', 'PAUSE', 'OFFLINE')),
  -- Since when; null where the user never had another status.
  status_at timestamptz,
  -- How many sessions at once; null: any number.
  capacity integer constraint seats_capacity check (capacity >= 0),
  epoch integer not null default 0,
  last_given_at timestamptz,
  primary key (company_id, user_id)
) with (fillfactor = 70);
insert into seats (company_id, user_id, status, status_at, last_given_at)
  select company_id, id, operator_status, operator_status_at, last_assigned_at from users;
alter table users drop column operator_status, drop column operator_status_at, drop column last_assigned_at;

-- Every user has a seat, whoever creates it.
create function molva_seat_user() returns trigger language plpgsql as $$
begin
  insert into seats (company_id, user_id) values (new.company_id, new.id);
  return null;
end $$;
create trigger users_seated after insert on users for each row execute function molva_seat_user();

-- Departures that were noted before the upgrade.
update due set kind = 'operator-status' where kind = 'iam-operator-gone';

-- Whatever was just handed over and not decided on: few rows, gone in a moment, and seen however many wait before them.
create index sessions_placing on sessions (company_id, waits_in, waits_since, id)
  where waits_since is not null and floor->'stage'->>'is' = 'placing';
