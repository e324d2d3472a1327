-- What a client was proven by, when, and with which key; null where it was before that was noted, or never was.
alter table clients
  add column proof json,
  -- Known by what it says of itself, in a chat that believes that: found by it there, and never what was proven.
  add column claimed boolean not null default false;

-- Whom a session was begun for by a proof; null where nobody proved anything.
alter table sessions add column verified json;

-- Clients that chats made which believe what is said: nobody has proven them.
update clients set verified = false, claimed = true
  where verified and (company_id, id) in (
    select s.company_id, s.client_id from sessions s join chats c on c.id = s.chat_id
    where (c.settings->>'resumeByExternalId')::boolean and c.settings->>'identitySecret' is null)
  and not exists (
    select from sessions s left join chats c on c.id = s.chat_id
    where s.company_id = clients.company_id and s.client_id = clients.id
    and (c.id is null or (c.settings->>'resumeByExternalId')::boolean is not true or c.settings->>'identitySecret' is not null));

create unique index clients_claimed_external on clients (company_id, external_id) where claimed and external_id is not null;
create unique index clients_claimed_messenger on clients (company_id, messenger_type, messenger_user_id)
  where claimed and messenger_user_id is not null;

-- A start is repeated by who made it, as it was made. Who made those of before is not known: anybody may repeat them where
-- nothing is verified, and nobody elsewhere.
alter table session_starts
  add column made_by text,
  add column asked bytea;
delete from session_starts using chats
  where chats.id = session_starts.chat_id and chats.settings->>'identityVerification' <> 'off';
