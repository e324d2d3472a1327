-- A message is its own event in the log of its session: `session_events` has the other events, and those of messages that
-- were edited since, as they were said. What was logged before stays as it is, and no row is written anew.
alter table messages
  -- What the event tells that the message does not keep, null where that is nothing: the quote as it was, the avatar.
  add column event_extras json;
