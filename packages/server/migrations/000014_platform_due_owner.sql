-- The processes that run on this database, by name. Each start takes its name's row with a new fence, and keeps it by
-- moving `until` on; the clock is the database's.
create sequence node_fences;
create table nodes (
  name text primary key,
  fence bigint not null unique,
  until timestamptz not null
);

-- `version`: of the session's commit that wished for the row; null where no session did. `company_id`: whose turn a run
-- takes; 0 where it is nobody's. `owner`: the fence of the process that runs it.
alter table due
  add column version integer,
  add column company_id integer not null default 0,
  add column owner bigint;
-- A process of before, still running, fails to claim from here on instead of taking what others have.
alter table due drop column leased_until;

drop index due_at;
create index due_of_kind on due (kind, due_at);
create index due_of_company on due (kind, company_id, due_at);
