-- Groups of operators with their service-level timers, seconds; 0 leaves them to the chat.
create table groups (
  id uuid primary key,
  company_id integer not null references companies (id),
  name text not null,
  timer_first_answer integer not null,
  timer_next_answers integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (company_id, id)
);

create table group_members (
  group_id uuid not null,
  company_id integer not null,
  user_id integer not null references users (id) on delete cascade,
  primary key (group_id, user_id),
  foreign key (company_id, group_id) references groups (company_id, id) on delete cascade
);
create index group_members_user on group_members (user_id);
