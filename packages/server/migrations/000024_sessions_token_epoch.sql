-- Grows when the tokens of a session are revoked: those of before open it no more.
alter table sessions add column token_epoch integer not null default 0;
