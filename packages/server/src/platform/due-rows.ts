import type { Prepared, Queryable } from './database.ts';
import { isoInstant } from './instant.ts';

/** Names a row. */
export interface DueKey {
  readonly kind: string;
  readonly key: string;
}

/** A row as it was taken to be run. */
export interface ClaimedRow extends DueKey {
  readonly companyId: number;
  readonly generation: number;
  readonly attempts: number;
  readonly version: number | null;
  readonly dueAt: number;
  /** The fence under which it was taken. */
  readonly owner: number;
}

/** What became of a run: when to come again, or null where there is nothing more. */
export interface DueOutcome {
  readonly row: ClaimedRow;
  readonly next: number | null;
  readonly failed: boolean;
}

/** Rows one statement takes or writes at most. */
export const MOST = 1_000;

/** How much of a kind may be taken, and how many runs of it one company may have. */
interface Room {
  readonly kind: string;
  readonly free: number;
  readonly share: number;
  /** Looks at everything that is due, company by company: dearer than the oldest alone, and needed in a crowd alone. */
  readonly inTurns: boolean;
}

/** What is asked for by a claim. */
export interface ClaimRequest {
  readonly now: number;
  readonly fence: number;
  /** Whether rows of nodes whose lease has run out are taken as well. */
  readonly takesOver: boolean;
  /** Room by kind, and how many runs of it one company may have. */
  readonly room: readonly Room[];
  /** What this process runs already, or has not settled. */
  readonly known: readonly ClaimedRow[];
}

/** What a claim brought, and the kinds of which there is more than was taken. */
export interface Claim {
  readonly rows: readonly ClaimedRow[];
  readonly crowded: readonly string[];
}

/**
 * A row is free where nobody has it, or its owner's fence is no more; and not if it is known here, whatever the owner
 * says. A row of our own fence that is not known here is what a claim took whose answer was lost.
 */
const free = `(d.owner is null or d.owner = $2::bigint or d.owner not in (select fence from live))
  and (d.kind, d.key) not in (select kind, key from known)`;

/** As many of the oldest of a kind as there is room. */
const oldest = `select r.kind, w.key, w.company_id, w.due_at from room r cross join lateral (
  select d.key, d.company_id, d.due_at from due d
  where d.kind = r.kind and d.due_at <= $1::timestamptz and ${free} order by d.due_at limit r.free) w
  where not r.in_turns`;

/** The oldest of each company, found by leaping over the index from company to company. */
const ofEachCompany = `select r.kind, w.key, w.company_id, w.due_at from room r cross join lateral (
  with recursive companies (company_id) as (
    (select d.company_id from due d where d.kind = r.kind order by d.company_id limit 1)
    union all
    select (select d.company_id from due d where d.kind = r.kind and d.company_id > c.company_id order by d.company_id limit 1)
      from companies c where c.company_id is not null)
  select one.key, one.company_id, one.due_at from companies c cross join lateral (
    select d.key, d.company_id, d.due_at from due d
    where d.kind = r.kind and d.company_id = c.company_id and d.due_at <= $1::timestamptz and ${free}
    order by d.due_at limit r.free) one) w
  where r.in_turns`;

/** A lease that lasts longer than any does was taken before the clock was set back: nobody renews it. */
const lasts = "until > clock_timestamp() and until < clock_timestamp() + interval '11 seconds'";

/**
 * Takes rows: of each kind as many as there is room, companies in turns, where what a company has running already counts
 * as turns it had. A process whose own lease has run out gets nothing. Rows are taken by their key, one look-up each,
 * and the number is bounded in words: what is known of the table is often out of date where timers come and go, and a
 * plan that joins by kind reads all there are for each. What was taken is named once more by its keys, as that join would
 * else read the whole table in a crowd.
 */
const claim: Prepared = {
  name: 'due_claim',
  text: `with live as materialized (select fence from nodes where ${lasts} or not $3::boolean),
    room as materialized (select r.kind, r.free, r.share, r.in_turns from unnest($4::text[], $5::integer[], $6::integer[], $7::boolean[])
        as r (kind, free, share, in_turns) where exists (select 1 from nodes where fence = $2::bigint and ${lasts})),
    known as materialized (select k.kind, k.key, k.company_id
      from unnest($8::text[], $9::uuid[], $10::integer[]) as k (kind, key, company_id)),
    busy as (select kind, company_id, count(*) as runs from known group by kind, company_id),
    seen as materialized (${oldest} union all ${ofEachCompany}),
    turns as materialized (select s.kind, s.key, s.due_at, r.free, r.share, s.company_id = 0 as nobodys,
        coalesce(b.runs, 0) + row_number() over (partition by s.kind, s.company_id order by s.due_at) as turn
      from seen s join room r using (kind) left join busy b using (kind, company_id)),
    places as materialized (select t.kind, t.key, t.free, row_number() over (partition by t.kind order by t.turn, t.due_at) as place
      from turns t where t.nobodys or t.turn <= t.share),
    mine as materialized (select one.kind, one.key from places p cross join lateral (select d.kind, d.key from due d
        where d.kind = p.kind and d.key = p.key and (d.due_at <= $1::timestamptz) is true and ${free} for update skip locked) one
      where p.place <= p.free limit ${MOST}),
    taken as (update due d set owner = $2::bigint, attempts = d.attempts + 1 from mine where d.kind = mine.kind and d.key = mine.key
        and d.key = any (array(select key from mine))
      returning d.kind, d.key, d.company_id, d.generation, d.attempts, d.version, d.due_at),
    crowd (kinds) as (select array(select kind from turns group by kind
      having count(*) >= min(free) or bool_or(not nobodys and turn > share)))
    select taken.kind, taken.key, taken.company_id, taken.generation, taken.attempts, taken.version, taken.due_at,
      crowd.kinds as crowded from crowd left join taken on true`,
};

interface ClaimRow {
  kind: string | null;
  key: string;
  company_id: number;
  generation: number;
  attempts: number;
  version: number | null;
  due_at: number;
  crowded: string[];
}

/** Takes what is due, as far as there is room. */
export async function claimDue(database: Queryable, request: ClaimRequest): Promise<Claim> {
  const { now, fence, takesOver, room, known } = request;
  const rows = await database.query<ClaimRow & Record<string, unknown>>(claim, [
    isoInstant(now),
    fence,
    takesOver,
    room.map(({ kind }) => kind),
    room.map(({ free: places }) => places),
    room.map(({ share }) => share),
    room.map(({ inTurns }) => inTurns),
    known.map(({ kind }) => kind),
    known.map(({ key }) => key),
    known.map(({ companyId }) => companyId),
  ]);
  return {
    crowded: rows[0]?.crowded ?? [],
    rows: rows.flatMap(({ kind, key, company_id, generation, attempts, version, due_at }) =>
      kind === null
        ? []
        : [{ kind, key, companyId: company_id, generation, attempts, version, dueAt: due_at, owner: fence }],
    ),
  };
}

/**
 * Writes what became of runs, where the row is still its owner's. A wish that came in while it ran makes it due at once;
 * a failure keeps its wait. Rows that somebody is writing at the moment are left for the next time: nothing waits for a
 * lock here, so nothing can wait in a circle.
 */
const settle: Prepared = {
  name: 'due_settle',
  text: `with asked as materialized (select a.kind, a.key, a.generation, a.owner, a.next, a.failed
      from unnest($1::text[], $2::uuid[], $3::integer[], $4::bigint[], $5::timestamptz[], $6::boolean[]) as a (kind, key, generation, owner, next, failed)),
    held as materialized (select a.kind, a.key, a.next, a.failed, one.generation <> a.generation and not a.failed as wished
      from asked a cross join lateral (select d.generation from due d where d.kind = a.kind and d.key = a.key
        and d.owner = a.owner for update skip locked) one limit ${MOST}),
    done as (delete from due d using held h where d.kind = h.kind and d.key = h.key and h.next is null and not h.wished),
    moved as (update due d set owner = null, attempts = case when h.failed then d.attempts else 0 end,
        due_at = case when h.wished then $7::timestamptz else h.next end
      from held h where d.kind = h.kind and d.key = h.key and (h.next is not null or h.wished))
    select a.kind, a.key, coalesce(h.wished, false) as wished, h.kind is null and exists (
        select 1 from due d where d.kind = a.kind and d.key = a.key and d.owner = a.owner) as left
      from asked a left join held h using (kind, key)`,
};

/** Where a row stands after its outcome was to be written: `left` was not written, `wished` is due again at once. */
export interface Settled extends DueKey {
  readonly wished: boolean;
  readonly left: boolean;
}

/** Writes outcomes in one statement. */
export function settleDue(database: Queryable, outcomes: readonly DueOutcome[], now: number): Promise<Settled[]> {
  return database.query<Settled & Record<string, unknown>>(settle, [
    outcomes.map(({ row }) => row.kind),
    outcomes.map(({ row }) => row.key),
    outcomes.map(({ row }) => row.generation),
    outcomes.map(({ row }) => row.owner),
    outcomes.map(({ next }) => (next === null ? null : isoInstant(next))),
    outcomes.map(({ failed }) => failed),
    isoInstant(now),
  ]);
}

/**
 * What a second wish for the same key does: the earlier instant wins, the newest version stays, and the change is
 * counted. An owner stays.
 */
export function dueConflict(): string {
  return `on conflict (kind, key) do update set due_at = least(due.due_at, excluded.due_at), generation = due.generation + 1,
    version = greatest(due.version, excluded.version), company_id = excluded.company_id`;
}

const upsert: Prepared = {
  name: 'due_upsert',
  text: `insert into due (kind, key, due_at) values ($1, $2, $3::timestamptz) ${dueConflict()}`,
};

/** Wishes for a run that belongs to no session. */
export async function wishDue(database: Queryable, { kind, key }: DueKey, at: number): Promise<void> {
  await database.query(upsert, [kind, key, isoInstant(at)]);
}

const oldestFree: Prepared = {
  name: 'due_oldest_free',
  text: `select min(w.due_at) as oldest from unnest($1::text[]) as k (kind) cross join lateral (
    select d.due_at from due d where d.kind = k.kind and d.owner is null order by d.due_at limit 1) w`,
};

const count: Prepared = {
  name: 'due_count',
  text: `select k.kind, w.due from unnest($1::text[]) as k (kind) cross join lateral (select count(*) as due from (
    select from due d where d.kind = k.kind and d.due_at <= $2::timestamptz limit 10000) some) w`,
};

/** How many rows of each of these kinds are due; counted up to ten thousand. */
export function countDue(
  database: Queryable,
  kinds: readonly string[],
  now: number,
): Promise<{ readonly kind: string; readonly due: number }[]> {
  return database.query(count, [kinds, isoInstant(now)]);
}

/** The instant of the oldest row of these kinds that nobody has taken; null where there is none. */
export async function oldestDue(database: Queryable, kinds: readonly string[]): Promise<number | null> {
  const [row] = await database.query<{ oldest: number | null }>(oldestFree, [kinds]);
  return row?.oldest ?? null;
}
