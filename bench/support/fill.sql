-- Fills a migrated database of one company with what years of conversations leave behind. Everything follows from the
-- number of a session or client, so that each step finds the rows of the others without a join.
-- step: functions
create function bench_random(n bigint, salt integer) returns double precision language sql immutable parallel safe
  return (hashint8extended(n, salt) & 9007199254740991)::double precision / 9007199254740992;
create function bench_uuid(n bigint, kind text) returns uuid language sql immutable parallel safe
  return (overlay(overlay(md5(kind || n) placing '4' from 13) placing '8' from 17))::uuid;
create function bench_pick(words text[], random double precision) returns text language sql immutable parallel safe
  return words[1 + floor(random * cardinality(words))::integer];
-- The company a number belongs to: 90, 9 and 1 of a hundred.
create function bench_company(random double precision) returns integer language sql immutable parallel safe
  return case when random < 0.9 then 1 when random < 0.99 then 2 else 3 end;
-- Half of the names speak of an order, one in a hundred of an insurance, one in a hundred thousand of a giraffe.
create function bench_name(n bigint) returns text language sql immutable parallel safe return case
  when bench_random(n, 1) < 0.15 then ''
  when bench_random(n, 1) < 0.72 then concat_ws(' ',
    bench_pick('{Анна,Мария,Елена,Ольга,Наталья,Ирина,Светлана,Татьяна,Юлия,Екатерина,Иван,Алексей,Сергей,Дмитрий,Андрей,Павел,Михаил,Николай,Владимир,Артём,Ярослав,Эльдар,Фёдор,Щедрин}', bench_random(n, 2)),
    bench_pick('{Иванова,Петрова,Сидорова,Кузнецова,Смирнова,Попова,Васильева,Соколова,Новикова,Морозова,Волков,Лебедев,Козлов,Зайцев,Павлов,Семёнов,Голубев,Виноградов,Богданов,Воробьёв,Ёлкин,Цой,Шульц,Яхонтов}', bench_random(n, 3)),
    case when bench_random(n, 4) < 0.5 then 'Вопрос по заказу' when bench_random(n, 4) < 0.51 then 'Страховка машины'
      else bench_pick('{Доставка,Возврат товара,Оплата картой,Гарантия,Смена тарифа,Запись к врачу,Справка,Жалоба}', bench_random(n, 5)) end,
    case when n % 100000 = 7 then 'Жираф' end,
    case when bench_random(n, 6) < 0.4 then '№ ' || (1000000 + n) end)
  else concat_ws(' ',
    bench_pick('{Anna,Mary,Helen,Olga,Kate,John,James,William,Thomas,George,Emma,Oliver,Harry,Jack,Charlie,Quentin}', bench_random(n, 2)),
    bench_pick('{Smith,Jones,Taylor,Brown,Wilson,Evans,Walker,White,Hughes,Green,Hall,Wood,Clarke,Young,Zimmermann,Vaux}', bench_random(n, 3)),
    case when bench_random(n, 4) < 0.5 then 'Question about an order' when bench_random(n, 4) < 0.51 then 'Car insurance'
      else bench_pick('{Delivery,Return of goods,Payment by card,Warranty,Change of plan,Appointment,Certificate,Complaint}', bench_random(n, 5)) end,
    case when n % 100000 = 7 then 'Giraffe' end,
    case when bench_random(n, 6) < 0.4 then '#' || (1000000 + n) end)
  end;

-- step: people
insert into companies (name) values ('Second'), ('Third');
insert into users (company_id, email, password_hash, first_name, last_name, roles)
  select bench_company((n - 0.5) / 200), 'operator-' || n || '@bench', '',
    bench_pick('{Анна,Мария,Елена,Иван,Алексей,Сергей,John,Emma}', bench_random(n, 2)), 'Operator ' || n, '{OPERATOR}'
  from generate_series(1, 200) as n;
insert into bots (id, company_id, name, language, kind, scenario, created_at, updated_at)
  select bench_uuid(company, 'bot'), company, name, language, kind, scenario, created_at, updated_at
  from (select name, language, kind, scenario, created_at, updated_at from bots where name = 'Echo' order by created_at limit 1) as bot,
    generate_series(1, 3) as company;
insert into chats (id, company_id, name, bot_id, settings, created_at, updated_at)
  select bench_uuid(n, 'chat'), company, 'Chat ' || n, bench_uuid(company, 'bot'), '{}', now(), now()
  from generate_series(1, 50) as n, bench_company((n - 0.5) / 50) as company;
insert into tags (id, company_id, name, name_key, created_at)
  select bench_uuid(n, 'tag'), 1, 'tag-' || n, 'tag-' || n, now() from generate_series(1, 20) as n;
insert into clients (id, company_id, verified, name, messenger_type, messenger_user_id, external_id, banned_at, created_at, updated_at)
  select bench_uuid(n, 'client'), bench_company((n - 0.5) / :clients), true,
    case when bench_random(n, 20) < 0.5 then bench_name(n) end,
    case when bench_random(n, 21) < 0.2 then 'WHATSAPP' end,
    case when bench_random(n, 21) < 0.2 then '79' || lpad((n::bigint * 7919 % 1000000000)::text, 9, '0') end,
    case when bench_random(n, 22) < 0.3 then 'customer-' || n end,
    case when bench_random(n, 23) < 0.01 then now() end, now(), now()
  from generate_series(1, :clients) as n;

-- step: plan of sessions
-- A year up to an hour ago with a rush every noon; few clients have many sessions; what is active is mostly new.
create unlogged table bench_sessions as
  select n, bench_uuid(n, 'session') as id, company, bench_uuid(client, 'client') as client_id, client,
    case when bench_random(n, 30) >= 0.02 then bench_uuid(case company when 1 then 1 + floor(45 * power(bench_random(n, 31), 2))
      when 2 then 46 + floor(4 * bench_random(n, 31)) else 50 end::bigint, 'chat') end as chat_id,
    date_trunc('day', now()) - interval '365 days' + day * interval '1 day'
      + (moment + 0.13 * sin(2 * pi() * moment)) * interval '1 day' as started_at,
    (5 + 115 * bench_random(n, 33)) * interval '1 second' as pace,
    case when company = 1 and bench_random(n, 34) < :operatorShare then (select array_agg(id order by id) from users where company_id = 1)
      [2 + floor(150 * power(bench_random(n, 35), 3))::integer] end as operator_id,
    bench_random(n, 36) < case when n > :sessions * 0.98 then 0.8 else :activeShare end as active,
    bench_name(n) as name
  from generate_series(1, :sessions) as n,
    bench_company(bench_random(n, 37)) as company,
    lateral (select floor(case company when 1 then :clients * 0.9 * power(bench_random(n, 38), 2)
      when 2 then :clients * (0.9 + 0.09 * bench_random(n, 38)) else :clients * (0.99 + 0.01 * bench_random(n, 38)) end)::bigint + 1 as client) as c,
    lateral (select floor(365.0 * n / (:sessions + 1)) as day, 365.0 * n / (:sessions + 1) % 1 as moment) as t;
alter table bench_sessions add primary key (n);
analyze bench_sessions;

-- step: sessions
insert into sessions (id, company_id, chat_id, client_id, name, channel, messenger_type, ttl, status, bot_status, bot_id,
    operator_type, operator_id, operator_name, operator_assigned_at, operators, marked_as_spam, started_at, closed_at,
    options, version, last_seq, last_event_seq, unread, last_message_at, bot_state, bot_data, search, newest)
  select b.id, b.company, b.chat_id, b.client_id, b.name,
    case when phone is not null then 'MESSENGER' when bench_random(b.n, 40) < 0.7 then 'WIDGET' else 'API' end,
    case when phone is not null then 'WHATSAPP' end, 3600, case when active then 'ACTIVE' else 'CLOSED' end,
    case when operator_id is not null then 'OPERATOR' when active then 'WAIT' when bench_random(b.n, 41) < 0.001 then 'ERROR' else 'STOP' end,
    bench_uuid(b.company, 'bot'), case when operator_id is null then 'BOT' else 'OPERATOR' end,
    coalesce(operator_id::text, bench_uuid(b.company, 'bot')::text),
    coalesce('Operator ' || operator_id, 'Echo'), b.started_at + case when operator_id is null then interval '0' else pace * 4 end,
    jsonb_build_array(jsonb_build_object('id', null, 'name', 'Echo', 'type', 'BOT', 'assigned_at', wire)) || case
      when operator_id is null then '[]' else jsonb_build_array(jsonb_build_object('id', operator_id, 'name', 'Operator ' || operator_id, 'type', 'OPERATOR', 'assigned_at', wire)) end,
    bench_random(b.n, 42) < 0.01, b.started_at, case when not active then b.started_at + pace * 10 end,
    jsonb_strip_nulls(jsonb_build_object('address', '198.51.100.7', 'userAgent', 'Mozilla/5.0 (X11; Linux x86_64)', 'messengerUserId', phone)),
    11, 10, 10, case when active then 1 else 0 end, b.started_at + pace * 10,
    '{"state":{"at":"echo","unheard":null,"dialog":""},"started":true,"wake":null}', '{"variables":{"said":"…"},"results":{}}',
    lower(b.name) || e'\n' || coalesce(phone, ''),
    b.chat_id is not null
      and row_number() over (partition by b.company, b.client_id, b.chat_id is null order by b.started_at desc, b.id desc) = 1
  from bench_sessions as b,
    lateral (select to_char(b.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"') as wire,
      case when bench_random(client, 21) < 0.2 then '79' || lpad((client * 7919 % 1000000000)::text, 9, '0') end as phone) as more
  order by b.n;
-- The triggers that would do it are off.
insert into session_search (id, company_id, client_id, started_at, search)
  select s.id, s.company_id, s.client_id, s.started_at, s.search from bench_sessions b join sessions s on s.id = b.id
  where s.chat_id is not null order by b.n;
insert into session_activity (session_id, company_id, hour)
  select b.id, b.company, floor(extract(epoch from s.last_message_at) / 3600) from bench_sessions b join sessions s on s.id = b.id
  where s.chat_id is not null order by b.n;
-- What is active would end now: not while somebody measures.
insert into due (kind, key, due_at) select 'session-expiry', id, now() + interval '20 years' from bench_sessions where active;

-- step: messages
-- In the order of a day on which thirty-two clients talk at a time.
insert into messages (session_id, company_id, id, seq, event_seq, author_type, author_id, author_name, type, body, client_message_id, created_at)
  select b.id, b.company, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(b.n || ':' || seq), 1, 3)
      || '8' || substr(md5(b.n || ':' || seq), 4, 15))::uuid,
    seq, seq, author, case author when 'CLIENT' then b.client_id::text when 'OPERATOR' then b.operator_id::text else bench_uuid(b.company, 'bot')::text end,
    case author when 'CLIENT' then b.name when 'OPERATOR' then 'Operator ' || b.operator_id else 'Echo' end, 'REGULAR',
    bench_pick('{Здравствуйте!,"Добрый день, чем могу помочь?",Спасибо,"Когда привезут мой заказ? Я жду его уже третий день, а в личном кабинете ничего не меняется.","Сейчас посмотрю, одну минуту","Ваш заказ передан в доставку, курьер позвонит вам за час до приезда.",Да,Нет,"Hello, is anybody there?","You said Hello, is anybody there?","Thank you, that is all I wanted to know.","Please tell me the number of your order","It was paid by card yesterday, and the money is gone from my account.",👍,Ок,"Могу ли я вернуть товар, если коробка уже открыта? Чек сохранился."}', bench_random(b.n * 10 + seq, 50)),
    case when author = 'CLIENT' then bench_uuid(b.n * 10 + seq, 'key') end, at
  from generate_series(1, :sessions, 32) as first
    cross join generate_series(1, 10) as seq
    join lateral (select n, id, company, client_id, operator_id, name, started_at, pace from bench_sessions where n between first and first + 31) as b on true
    cross join lateral (select b.started_at + b.pace * seq as at,
      case when seq % 2 = 0 then 'CLIENT' when seq > 4 and b.operator_id is not null then 'OPERATOR' else 'BOT' end as author) as m;

-- step: tags
-- The first tag is on a fifth of the sessions, the last on some hundreds; few clients have one.
insert into session_tags (session_id, tag_id, created_at)
  select id, bench_uuid(tag, 'tag'), started_at from bench_sessions,
    lateral (select distinct 1 + floor(20 * power(bench_random(n * 3 + again, 60), 4))::bigint as tag from generate_series(0, 1) as again
      where bench_random(n * 3 + again, 61) < 0.25) as put
  where company = 1 and chat_id is not null;
insert into client_tags (company_id, client_id, tag_id, created_at)
  select 1, bench_uuid(n, 'client'), bench_uuid(1 + floor(20 * power(bench_random(n, 62), 4))::bigint, 'tag'), now()
  from generate_series(1, (:clients * 0.9)::bigint) as n where bench_random(n, 63) < 0.05;
