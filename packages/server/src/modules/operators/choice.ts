import type { Database, Prepared } from '../../platform/database.ts';
import { isoInstant } from '../../platform/instant.ts';
import { answeringRoles } from '../iam/index.ts';

/** First of the two numbers of a company's advisory lock; any number no other lock takes. */
const CHOICE_LOCK = 710_413_002;

const lock: Prepared = { name: 'operator_choice_lock', text: 'select pg_advisory_xact_lock($1, $2)' };
/**
 * The mark moves past every mark of the company, so that those of one millisecond, or of nodes whose clocks differ, keep
 * the order they were made in.
 */
const choose: Prepared = {
  name: 'operator_choose',
  text: `with candidates as (
      select u.id, s.last_given_at,
        (select count(*) from sessions h
          where h.company_id = u.company_id and h.operator_type = 'OPERATOR' and h.operator_id = u.id::text
            and h.closed_at is null) as load
      from users u join seats s on s.company_id = u.company_id and s.user_id = u.id
      where u.company_id = $1 and s.status = 'ONLINE' and u.blocked_at is null and u.id <> all ($3::integer[])
        and case when $2::uuid is null then 'OPERATOR' = any (u.roles)
          else u.roles && $4::text[] and exists (
            select 1 from group_members m where m.company_id = $1 and m.group_id = $2 and m.user_id = u.id) end
    ), chosen as (
      select id from candidates order by load, last_given_at nulls first, id limit 1
    ), newest as (
      select max(last_given_at) as at from seats where company_id = $1
    )
    update seats set last_given_at = greatest($5::timestamptz, newest.at + interval '1 microsecond')
    from chosen, newest where seats.company_id = $1 and seats.user_id = chosen.id returning chosen.id`,
};

/** Chooses who gets a session. */
export class OperatorChoice {
  readonly #database: Database;
  /** The last choice under way of each company. */
  readonly #turns = new Map<number, Promise<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * The one with the fewest live sessions, then the one whose last choice is longest ago, among those online: members
   * of the group, or where it is null everybody with the role OPERATOR; never one of `except`. Undefined where there is
   * nobody. The choice is marked as made now (milliseconds).
   */
  choose(
    companyId: number,
    groupId: string | null,
    except: readonly number[],
    now: number,
  ): Promise<number | undefined> {
    return this.#inTurn(companyId, () =>
      this.#database.transaction(async (connection) => {
        // A statement sees what was there when it began: locking inside the choice itself would be too late.
        await connection.query(lock, [CHOICE_LOCK, companyId]);
        const values = [companyId, groupId, except, answeringRoles, isoInstant(now)];
        const [chosen] = await connection.query<{ id: number }>(choose, values);
        return chosen?.id;
      }),
    );
  }

  /** Choices of a company wait for each other here, so that one alone holds a connection while it waits for the lock. */
  async #inTurn<T>(companyId: number, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(companyId) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(companyId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(companyId) === turn) this.#turns.delete(companyId);
    }
  }
}
