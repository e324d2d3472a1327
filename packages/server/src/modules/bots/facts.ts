import type { DeleteFactBody, ListPage, ListQuery, SaveFactBody } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { badField, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Caller } from '../../platform/route.ts';
import type { FactFilter, FactStore } from './fact-store.ts';
import { factView } from './view.ts';

/** Who calls, as far as bots look at it. */
export type CompanyUser = NonNullable<Caller['user']>;

/** What facts need. */
export interface FactPorts {
  readonly store: FactStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly botExists: (botId: string, companyId: number) => Promise<boolean>;
}

/** Values that bots keep about clients, read and written from outside; a bot's own come with its turns. */
export class Facts {
  readonly #ports: FactPorts;

  constructor(ports: FactPorts) {
    this.#ports = ports;
  }

  /** A page of facts of the caller's company; throws `entity-not-found` where another one is named. */
  async page(
    user: CompanyUser,
    query: ListQuery & FactFilter & { readonly companyId?: number },
  ): Promise<ListPage<object>> {
    return this.#ports.store.page(ownCompany(user, query.companyId), query, query, factView);
  }

  /** Saves a fact and answers its id; throws `entity-not-found`, and `invalid-input` about its bot or name. */
  async save(user: CompanyUser, body: SaveFactBody): Promise<string> {
    const { store, clock, ids, botExists } = this.#ports;
    const companyId = ownCompany(user, body.companyId);
    const { factId, botId, clientId, context, name, value } = body;
    if (!(await botExists(botId, companyId))) throw badField('botId', 'there is no such bot');
    const now = new Date(clock.now()).toISOString();
    const fact = { id: factId ?? ids.uuid7(), companyId, botId, clientId, context, name, value, now };
    if (factId === undefined) return store.save(fact);
    if (!(await store.change(fact))) throw notFound();
    return factId;
  }

  /** Forgets a fact; throws `entity-not-found`. */
  async remove(user: CompanyUser, id: string, body: DeleteFactBody): Promise<void> {
    const found = await this.#ports.store.remove(id, ownCompany(user, body.companyId));
    if (!found) throw notFound();
  }
}

/** The caller's company. What bots keep in another one is hidden from everybody, its reseller too. */
function ownCompany({ companyId }: CompanyUser, named = companyId): number {
  if (named !== companyId) throw notFound();
  return companyId;
}
