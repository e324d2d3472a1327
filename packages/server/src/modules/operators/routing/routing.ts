import type { Clock, Elapsed } from '../../../platform/clock.ts';
import type { Database, Prepared } from '../../../platform/database.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { dueConflict } from '../../../platform/due-rows.ts';
import { isoInstant } from '../../../platform/instant.ts';
import { tellLack } from '../../../platform/lacks.ts';
import { faultLevel, shortId, type Log } from '../../../platform/log.ts';
import type { Notices } from '../../../platform/notices.ts';
import { answeringRoles } from '../../iam/index.ts';
import {
  readOperatorKey,
  ROUTE_KIND,
  ROUTE_OPERATOR_KIND,
  routeKey,
  type RoutedSessions,
} from '../../sessions/index.ts';
import { route, type Decision } from './route.ts';
import { SetAside } from './set-aside.ts';
import { readSnapshot } from './snapshot.ts';

/** What routing needs. */
export interface RoutingPorts {
  readonly database: Database;
  readonly clock: Clock & Elapsed;
  readonly due: DueRunner;
  readonly log: Log;
  readonly notices: Pick<Notices, 'tell'>;
  readonly sessions: Pick<RoutedSessions, 'give' | 'none' | 'groupGone'>;
}

/** How often a run looks again at once, where others moved what it had seen or there is more than one look shows. */
const MOST_LOOKS = 8;
/** When it goes on after that, so that others have their turn. */
const REST_MS = 100;

const waitingIn: Prepared = {
  name: 'sessions_waiting_in',
  text: 'select id, version from sessions where waits_in = $1::uuid and waits_since is not null order by id',
};
/** A wish for each place where somebody waits for whom the user can take; in one order, as others wish for them too. */
const wishForOperator: Prepared = {
  name: 'route_wish_for_operator',
  text: `with person as (
      select u.roles from users u join seats on seats.company_id = u.company_id and seats.user_id = u.id
      where u.company_id = $1 and u.id = $2 and u.blocked_at is null and seats.status = 'ONLINE'
    ), places as (
      select m.group_id as key from person join group_members m on m.company_id = $1 and m.user_id = $2
      where person.roles && $3::text[] and exists (select from sessions s
        where s.company_id = $1 and s.waits_in = m.group_id and s.waits_since is not null)
      union all
      select $4::uuid from person where 'OPERATOR' = any (person.roles) and exists (select from sessions s
        where s.company_id = $1 and s.waits_in is null and s.waits_since is not null)
    )
    insert into due (kind, key, due_at) select '${ROUTE_KIND}', key, $5::timestamptz from places order by key
    ${dueConflict()}`,
};

/**
 * Gives those who wait to people. A run belongs to a group, or to a company for those who wait for anybody of it; what
 * it decides is void where a session or a seat moved on since it looked, so runs may overlap on any number of nodes.
 */
export class Routing {
  readonly #ports: RoutingPorts;
  /** Sessions that failed: the others of their place do not wait for them. */
  readonly #aside = new SetAside();

  constructor(ports: RoutingPorts) {
    this.#ports = ports;
    ports.due.handle(ROUTE_KIND, (key) => this.#route(key));
    ports.due.handle(ROUTE_OPERATOR_KIND, (key) => this.#wishFor(key));
  }

  async #route(key: string): Promise<number | null> {
    const { database, clock } = this.#ports;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const snapshot = await readSnapshot(database, key, clock.now());
      if (snapshot === undefined) return this.#leaveGroup(key);
      const waiting = snapshot.waiting.filter(({ session }) => !this.#aside.holds(session, clock.elapsed()));
      const decisions = route({ ...snapshot, waiting }).filter(({ is }) => is !== 'stay');
      const done = await this.#carryOut(decisions);
      if (done === decisions.length && (done === 0 || !snapshot.more)) {
        const rest = this.#aside.rest(
          snapshot.waiting.map(({ session }) => session),
          clock.elapsed(),
        );
        return rest === null ? null : clock.now() + rest;
      }
    }
    return clock.now() + REST_MS;
  }

  /** Answers how many of the decisions were still right. */
  async #carryOut(decisions: readonly Decision[]): Promise<number> {
    const moved = new Set<number>();
    let done = 0;
    for (const decision of decisions) {
      // Epochs of a seat follow one another: where one was not found, none of the later ones will be.
      if (decision.is === 'give' && moved.has(decision.operator.id)) continue;
      if (await this.#decided(decision)) done++;
      else if (decision.is === 'give') moved.add(decision.operator.id);
    }
    return done;
  }

  /** Whether a decision was still right; a session that fails is set aside for a while. */
  async #decided(decision: Decision): Promise<boolean> {
    const { log, clock, notices } = this.#ports;
    const { session } = decision;
    try {
      const right = await this.#decide(decision);
      this.#aside.release(session);
      return right;
    } catch (error) {
      const wait = this.#aside.hold(session, clock.elapsed());
      tellLack(notices, error, { session: shortId(session) });
      log[faultLevel(error, 'error')](
        { error, session: shortId(session), wait },
        'a session cannot be routed and is tried again',
      );
      return false;
    }
  }

  async #decide(decision: Decision): Promise<boolean> {
    const { sessions } = this.#ports;
    const { session, version } = decision;
    switch (decision.is) {
      case 'give':
        return sessions.give(session, version, decision);
      case 'none':
        return sessions.none(session, version, decision.why);
      case 'stay':
        return true;
    }
  }

  /** Whoever waits in a group that was deleted waits for anybody of the company. */
  async #leaveGroup(groupId: string): Promise<null> {
    const { database, sessions } = this.#ports;
    const waiting = await database.query<{ id: string; version: number }>(waitingIn, [groupId]);
    await this.#each(waiting, ({ id, version }) => sessions.groupGone(id, version, groupId));
    return null;
  }

  async #wishFor(key: string): Promise<null> {
    const { database, clock, due } = this.#ports;
    const { companyId, userId } = readOperatorKey(key);
    const now = clock.now();
    const values = [companyId, userId, answeringRoles, routeKey(companyId, null), isoInstant(now)];
    await database.query(wishForOperator, values);
    due.hint(now);
    return null;
  }

  /** One after another. A session that fails keeps none of the others; the timer comes back for it. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'sessions cannot be routed');
  }
}
