import { AuditEntry, isAudited, type ListPage, type ListQuery, type Operation } from '@molva/contract';
import { sql, type Selectable } from 'kysely';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Log } from '../../platform/log.ts';
import { userOf, type Call, type Route } from '../../platform/route.ts';
import type { Tables } from '../../platform/tables.ts';
import { auditedBody } from './audited-body.ts';
import type { UserStandings } from './user-standing.ts';

/** What the audit log needs. */
export interface AuditPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly standings: UserStandings;
}

/** A row of the audit log as it is listed. */
export type AuditRow = Omit<Selectable<Tables['audit_log']>, 'company_id'>;

/** What a user did that is no administrative change, or what somebody tried in its name. */
export interface Noted {
  readonly companyId: number;
  readonly userId: number;
  readonly operation: string;
  readonly status: number;
  readonly address: string;
}

/** What the list can be narrowed by; instants are ISO text. */
export interface AuditFilter {
  readonly userId?: number | undefined;
  readonly operation?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const list: ListSpec = {
  columns: {
    id: column('audit_log.id', 'uuid'),
    createdAt: column('audit_log.created_at', 'instant'),
    userId: column('audit_log.user_id', 'integer'),
    userName: column('audit_log.user_name', 'text'),
    operation: column('audit_log.operation', 'text'),
    status: column('audit_log.status', 'integer', true),
    address: column('audit_log.address', 'text'),
  },
  fallback: [{ field: 'createdAt', direction: 'desc' }],
  ties: ['id'],
  fields: Object.keys(AuditEntry.properties),
  bytes: sql`coalesce(octet_length(audit_log.body::text), 0)`,
};

const rowColumns = [
  'id',
  'user_id',
  'user_name',
  'api_key_id',
  'operation',
  'target',
  'body',
  'status',
  'address',
  'created_at',
] as const;

/** The administrative changes of a company and its logins: who did what to what, from where, and how it ended. */
export class Audit {
  readonly #ports: AuditPorts;

  constructor(ports: AuditPorts) {
    this.#ports = ports;
  }

  /** Writes down that a call begins; answers the id of its entry. */
  async begin(operation: string, call: Call<Operation>): Promise<string> {
    const { database, clock, ids, standings } = this.#ports;
    const user = userOf(call);
    const id = ids.uuid7();
    const body = auditedBody(call.body);
    await database.builder
      .insertInto('audit_log')
      .values({
        id,
        company_id: user.companyId,
        user_id: user.id,
        user_name: (await standings.get(user.id))?.name ?? '',
        api_key_id: user.apiKeyId ?? null,
        operation,
        target: JSON.stringify(Object.fromEntries(Object.entries(call.params ?? {}).map(([n, v]) => [n, String(v)]))),
        body: body === undefined ? null : JSON.stringify(body),
        address: call.caller.address,
        created_at: isoInstant(clock.now()),
      })
      .execute();
    return id;
  }

  /** Writes down how it ended. The change is made by then: a failure here is logged and spoils no answer. */
  async end(id: string, status: number): Promise<void> {
    const { database, log } = this.#ports;
    try {
      await database.builder.updateTable('audit_log').set({ status }).where('id', '=', id).execute();
    } catch (error) {
      log.error({ error, id, status }, 'the end of an administrative change could not be written down');
    }
  }

  /** Writes down what a user did, or somebody in its name: a failure here is logged and spoils no answer. */
  async note({ companyId, userId, operation, status, address }: Noted): Promise<void> {
    const { database, clock, ids, log, standings } = this.#ports;
    try {
      await database.builder
        .insertInto('audit_log')
        .values({
          id: ids.uuid7(),
          company_id: companyId,
          user_id: userId,
          user_name: (await standings.get(userId))?.name ?? '',
          api_key_id: null,
          operation,
          target: '{}',
          body: null,
          status,
          address,
          created_at: isoInstant(clock.now()),
        })
        .execute();
    } catch (error) {
      log.error({ error, userId, operation }, 'what a user did could not be written down');
    }
  }

  /** A page of the company's entries, newest first. */
  list(companyId: number, query: ListQuery & AuditFilter, view: (row: AuditRow) => object): Promise<ListPage<object>> {
    const { userId, operation, from, to } = query;
    const narrowed = this.#ports.database.lists.builder
      .selectFrom('audit_log')
      .where('company_id', '=', companyId)
      .where((of) =>
        of.and([
          ...(userId === undefined ? [] : [of('user_id', '=', userId)]),
          ...(operation === undefined ? [] : [of('operation', '=', operation)]),
          ...(from === undefined ? [] : [of('created_at', '>=', sql<number>`${from}::timestamptz`)]),
          ...(to === undefined ? [] : [of('created_at', '<=', sql<number>`${to}::timestamptz`)]),
        ]),
      );
    return readList(query, list, narrowed, async (page) => (await page.select(rowColumns).execute()).map(view));
  }
}

/** The routes with their administrative changes written down: before they begin, and again with how they ended. */
export function withAudit(routes: readonly Route[], audit: Audit): Route[] {
  return routes.map((route) => {
    const { operation, serve } = route;
    if (!isAudited(operation)) return route;
    return {
      operation,
      async serve(call) {
        const id = await audit.begin(operation.id, call);
        try {
          const answer = await serve(call);
          await audit.end(id, answer.status);
          return answer;
        } catch (error) {
          await audit.end(id, error instanceof Failure ? error.status : 500);
          throw error;
        }
      },
    };
  });
}
