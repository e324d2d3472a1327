-- A call is signed when it is sent, with the secret of that moment: what it proves itself by is named here, and not kept.
-- `caller`: whom a call is counted for whose address a visitor named; null where the company named it.
alter table deliveries add column proof text, add column caller text;
update deliveries set proof = case
  when headers->>'x-signature' is not null then 'signature'
  when headers->>'authorization' is not null then 'push' end;
alter table deliveries drop column headers;

-- Addresses, and what is handed back there, stand together: by the company, or by a visitor. The next start seals them.
update sessions set options =
  (options - array['callbackUrl', 'callbackData', 'eventCallbackUrl', 'eventCallbackData', 'notifyOnEvents',
      'callbacksTrusted']) #- '{dialog,resultCallbacks}'
  || jsonb_build_object('calls', jsonb_build_object(
    case when options->>'callbacksTrusted' = 'false' then 'visitor' else 'own' end,
    jsonb_strip_nulls(jsonb_build_object(
      'callbackUrl', options->'callbackUrl', 'callbackData', options->'callbackData',
      'eventCallbackUrl', options->'eventCallbackUrl', 'eventCallbackData', options->'eventCallbackData',
      'notifyOnEvents', options->'notifyOnEvents',
      'caller', case when options->>'callbacksTrusted' = 'false' then coalesce(options->'address', '""') end)),
    'results', coalesce(options#>'{dialog,resultCallbacks}', '[]'))::text)
where options ?| array['callbackUrl', 'callbackData', 'eventCallbackUrl', 'eventCallbackData', 'notifyOnEvents',
    'callbacksTrusted']
  or options#>'{dialog,resultCallbacks}' is not null;

-- Those whose calls are sealed, few of all sessions: no message touches what it is of.
create index sessions_with_calls on sessions (id) where options ? 'calls';

-- The keys that something here is sealed with, by name; the proof opens with the key and with no other.
create table data_keys (
  id text primary key,
  proof text not null,
  since timestamptz not null default now()
);
