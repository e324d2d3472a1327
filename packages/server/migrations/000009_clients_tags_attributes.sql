-- Fields about clients that a company defines. `name_key` is the name as names are compared: databases of some locales
-- know no lower case beyond ASCII, so it is made outside.
create table client_attributes (
  id uuid primary key,
  company_id integer not null references companies (id),
  name text not null,
  name_key text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint client_attributes_name unique (company_id, name_key),
  unique (company_id, id)
);

create table client_attribute_values (
  company_id integer not null,
  client_id uuid not null,
  attribute_id uuid not null,
  value jsonb not null,
  primary key (company_id, client_id, attribute_id),
  foreign key (company_id, client_id) references clients (company_id, id) on delete cascade,
  -- The company is part of it, so that no value can ever belong to another company's attribute.
  foreign key (company_id, attribute_id) references client_attributes (company_id, id) on delete cascade
);
create index client_attribute_values_attribute on client_attribute_values (company_id, attribute_id);

create table tags (
  id uuid primary key,
  company_id integer not null references companies (id),
  name text not null,
  name_key text not null,
  created_at timestamptz not null,
  constraint tags_name unique (company_id, name_key),
  unique (company_id, id)
);

create table client_tags (
  company_id integer not null,
  client_id uuid not null,
  tag_id uuid not null,
  created_at timestamptz not null,
  primary key (company_id, client_id, tag_id),
  foreign key (company_id, client_id) references clients (company_id, id) on delete cascade,
  foreign key (company_id, tag_id) references tags (company_id, id) on delete cascade
);
create index client_tags_tag on client_tags (tag_id);

create table session_tags (
  session_id uuid not null references sessions (id) on delete cascade,
  tag_id uuid not null references tags (id) on delete cascade,
  created_at timestamptz not null,
  primary key (session_id, tag_id)
);
create index session_tags_tag on session_tags (tag_id);

-- Comments are long and rarely read: in tables of their own they cost the rows that every start reads nothing.
create table client_comments (
  company_id integer not null,
  client_id uuid not null,
  comment text not null,
  updated_at timestamptz not null,
  primary key (company_id, client_id),
  foreign key (company_id, client_id) references clients (company_id, id) on delete cascade
);

create table session_comments (
  session_id uuid primary key references sessions (id) on delete cascade,
  comment text not null,
  updated_at timestamptz not null
);
