-- Variables and results of a session's bot: apart from where it stands, which every step changes, so that they are
-- written where they changed. Rows of before keep theirs in `bot_state` until they do.
alter table sessions add column bot_data json;
