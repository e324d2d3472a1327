-- What is searched, in the form that searches have now: folded, and with the numbers of telephones as digits in a third
-- line where there are any. Most rows are so already and stay untouched.
create function pg_temp.searched(search text, phone text) returns text language sql as $$
  select lines || coalesce(E'\n' || string_agg(distinct digits, ' '), '')
  from (select molva_folded(split_part(search, E'\n', 1)) || E'\n' || molva_folded(split_part(search, E'\n', 2))) as s (lines)
  left join lateral (
    select regexp_replace(regexp_replace(regexp_replace(found[1], '\D', '', 'g'), '^00', ''), '^8(\d{10})$', '7\1')
    from regexp_matches(lines || E'\n' || coalesce(phone, ''), '\+?\d[\d ()./-]{5,}\d', 'g') as found
  ) as n (digits) on length(digits) between 7 and 15
  group by lines
$$;

update sessions s set search = n.search
from (select id, pg_temp.searched(search, options->>'clientPhone') as search from sessions) as n
where n.id = s.id and n.search <> s.search;

drop function pg_temp.searched(text, text);
