import type { Database, Prepared } from '../../../platform/database.ts';
import { answeringRoles } from '../../iam/index.ts';
import { readRouteKey, type Floor } from '../../sessions/index.ts';
import { operatorOf, personColumns, type PersonRow } from '../people.ts';
import type { Seat, Snapshot, Waiting } from './waiting.ts';

/** How many who wait are looked at in one go. */
export const HEADS = 64;
/** How far behind the first of all who wait they may stand, where nobody there may take those before them. */
const FRONT = 4_096;

const inGroup = snapshot('route_snapshot_group', {
  company: '(select company_id from groups where id = $1::uuid)',
  place: 's.waits_in = $1::uuid',
  members: `join group_members m on m.company_id = u.company_id and m.user_id = u.id and m.group_id = $1::uuid
    where u.roles && $2::text[] and u.blocked_at is null`,
});
const inCompany = snapshot('route_snapshot_company', {
  company: '$1::integer',
  place: 's.waits_in is null',
  members: `where u.company_id = $1::integer and $2::text[] && u.roles and u.blocked_at is null`,
});

/**
 * Everything in one statement, so that loads and epochs are of one moment. The heads come in the order of the index: the
 * first of those that somebody who is there is not kept from by having had them, as the others hide whoever stands behind
 * them. Those that were just handed over come beside them, as they are to hear something however many wait before them.
 */
function snapshot(
  name: string,
  { company, place, members }: Record<'company' | 'place' | 'members', string>,
): Prepared {
  const waiting = `from sessions s where s.company_id = ${company} and ${place} and s.waits_since is not null`;
  return {
    name,
    text: `with there as materialized (
        select u.id from users u join seats on seats.company_id = u.company_id and seats.user_id = u.id ${members}
          and seats.status = 'ONLINE'
      ), front as (
        select s.id, s.floor ${waiting}
        order by s.company_id, s.waits_in, s.priority desc, s.waits_since, s.id limit ${FRONT}
      ), heads as (
        select f.id from front f where exists (select from there
          where not coalesce((f.floor->'wish'->'not')::jsonb @> to_jsonb(there.id), false)) limit ${HEADS}
      ), fresh as (
        select s.id ${waiting} and s.floor->'stage'->>'is' = 'placing' order by s.waits_since, s.id limit ${HEADS}
      ), waiting as (
        select id, version, floor, priority, round(extract(epoch from waits_since) * 1000)::float8 as since
        from sessions where id in (select id from heads union select id from fresh)
      ), people as (
        select ${personColumns}, seats.epoch, seats.capacity,
          coalesce(extract(epoch from seats.last_given_at) * 1000000, 0)::float8 as given_at,
          case when seats.status <> 'ONLINE' then 0 else (select count(*) from sessions s
            where s.company_id = u.company_id and s.operator_id = u.id::text and s.closed_at is null
              and s.operator_type = 'OPERATOR' and s.waits_since is null) end as load
        from users u join seats on seats.company_id = u.company_id and seats.user_id = u.id ${members}
      )
      select ${company} as company_id, (select count(*) from heads) as heads,
        (select coalesce(json_agg(waiting), '[]') from waiting) as waiting,
        (select coalesce(json_agg(people), '[]') from people) as people`,
  };
}

interface WaitingRow {
  readonly id: string;
  readonly version: number;
  readonly floor: Floor | null;
  readonly priority: number;
  readonly since: number;
}

interface SeatRow extends PersonRow {
  readonly epoch: number;
  readonly capacity: number | null;
  readonly given_at: number;
  readonly load: number;
}

interface Row extends Record<string, unknown> {
  readonly company_id: number | null;
  readonly heads: number;
  readonly waiting: WaitingRow[];
  readonly people: SeatRow[];
}

/** Who waits where a key names, and for whom, now; undefined where the group is there no more. */
export async function readSnapshot(
  database: Database,
  key: string,
  now: number,
): Promise<(Snapshot & { readonly more: boolean }) | undefined> {
  const place = readRouteKey(key);
  const [row] =
    'groupId' in place
      ? await database.query<Row>(inGroup, [place.groupId, answeringRoles])
      : await database.query<Row>(inCompany, [place.companyId, ['OPERATOR']]);
  if (row === undefined || row.company_id === null) return undefined;
  return { now, waiting: row.waiting.map(waitingOf), seats: row.people.map(seatOf), more: row.heads === HEADS };
}

/** A session whose floor was not written yet waits in the help list, as nothing else did before there were floors. */
function waitingOf({ id, version, floor, priority, since }: WaitingRow): Waiting {
  const wish = floor !== null && 'wish' in floor ? floor.wish : null;
  const { skills = [], prefer = null, not = [] } = wish ?? {};
  const queued = floor?.at === 'queue' && (floor.stage.is === 'placing' ? 'placing' : 'queue');
  return { session: id, version, stage: queued || 'help', since, priority, wish: { skills, prefer, not } };
}

function seatOf(row: SeatRow): Seat {
  const { epoch, capacity, load, given_at: givenAt } = row;
  // Nobody can be given a skill yet.
  return { operator: operatorOf(row), epoch, capacity, load, givenAt, skills: {} };
}
