-- The life of all streams of events: a part of each one's epoch. It is another one when the database turns out to have
-- gone back, as a copy that was restored or a standby that lagged: what clients were told before may never have been.
create table stream_life (
  life text not null,
  since timestamptz not null
);
insert into stream_life (life, since) values ('', '-infinity');
