/**
 * What a step's statement does with the seat of whoever gets the session: three parameters from the given one on, the
 * company's number, the user's, and the epoch the seat must be found at, or null where no routing decided. `$1` and
 * `$2` are the session's id and version.
 *
 * The seat moves on in either way, so that a run of routing that saw a smaller load loses. A run's own decision is void
 * where the seat did, or is no longer online: then `condition`, which is for the statement that moves the session, is
 * false. It also has the seat locked before the session, whoever gives; two that lock in different orders wait for
 * each other.
 */
export function seatGuard(first: number): { readonly part: string; readonly condition: string } {
  const [company, user, epoch] = [`$${first}::integer`, `$${first + 1}::integer`, `$${first + 2}::integer`];
  return {
    // The one clock of all nodes, and finer than theirs: of two that were given one in the same millisecond, one was first.
    part: `seat as (update seats set epoch = epoch + 1, last_given_at = clock_timestamp()
      where company_id = ${company} and user_id = ${user} and (${epoch} is null or epoch = ${epoch} and status = 'ONLINE')
        and exists (select from sessions where id = $1::uuid and version = $2::integer) returning 1)`,
    condition: `(select count(*) from seat) >= case when ${epoch} is null then 0 else 1 end`,
  };
}
