import type { CopyBotBody, CreateBotBody, FieldProblems, ListPage, ListQuery, UpdateBotBody } from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import { systemClock, type Clock } from '../../platform/clock.ts';
import { resealColumn } from '../../platform/data-keys.ts';
import type { Database } from '../../platform/database.ts';
import { Failure, noRoom, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { Lines } from '../../platform/lines.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import type { Outgoing } from '../../platform/outgoing.ts';
import { inTurns } from '../../platform/turns.ts';
import type { Vault } from '../../platform/vault.ts';
import type { BotSource, ReadyBot } from '../sessions/index.ts';
import { FactStore } from './fact-store.ts';
import { Facts, type CompanyUser } from './facts.ts';
import { ScenarioBot } from './scenario-bot.ts';
import { checkSteps, type CompiledScenario, type ScenarioProblem } from './scenario/index.ts';
import { SlowLane } from './slow-lane.ts';
import { BotStore, type BotRow, type BotSourceWrite } from './store.ts';
import { sealedBots } from './sealed-webhook.ts';
import { ACCESS_TYPE, botListItem } from './view.ts';
import { DEFAULT_ANSWER_TIMEOUT, WebhookBot } from './webhook-bot.ts';

/** Who says where copies may go. */
export interface CopyGuard {
  /** Whether a user may write to a company: its own, or one that depends on its own. */
  mayWriteTo(companyId: number, user: CompanyUser): Promise<boolean>;
}

/** What the module needs. */
export interface BotPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outgoing: Pick<Outgoing, 'request'>;
  readonly publicUrl: string;
  readonly companies: CopyGuard;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly vault: Vault;
  readonly groups: GroupSource;
}

/** Where the groups of a company are found. */
export interface GroupSource {
  find(companyId: number, id: string): Promise<object | undefined>;
}

/** A bot with what decides whether somebody gets it, and with its weight. */
interface Known {
  readonly companyId: number;
  /** When it was changed last, in milliseconds. */
  readonly updatedAt: number;
  readonly bot: ReadyBot;
  readonly bytes: number;
}

/** How long a bot is believed without asking the database. */
const LIFE_MS = 60_000;
/** Scenarios of one company that are checked or loaded, the one that is among them; one more is refused. */
const MOST_CHECKS = 64;
/** About how many bytes a bot takes for each character of the JSON it is made from, beside what is compiled of it. */
const BYTES_A_CHARACTER = 10;

/** Filters of the list of bots; `1` and `0` are yes and no. */
export interface BotQuery {
  readonly accessType?: string;
  readonly deleted?: number;
  readonly hasViewDetails?: number;
}

/** Bots: what answers a client before people do. */
export class Bots implements BotSource {
  readonly facts: Facts;
  readonly #store: BotStore;
  readonly #factStore: FactStore;
  readonly #ports: BotPorts;
  /** Every message looks its bot up. */
  readonly #ready: MemoryPart<string, Known | undefined>;
  readonly #lane = new SlowLane(systemClock);
  /**
   * Scenarios of one company are checked and loaded one after another: a bot of another waits for a piece of one, not of
   * many.
   */
  readonly #checks = new Lines<number>(MOST_CHECKS, (company) => noRoom('bot-checks-full', { company }));

  constructor(ports: BotPorts) {
    const { database, clock, ids, changes, memory } = ports;
    this.#ports = ports;
    this.#store = new BotStore(database, ports.vault);
    this.#factStore = new FactStore(database);
    const botExists = (botId: string, companyId: number) => this.exists(botId, companyId);
    this.facts = new Facts({ store: this.#factStore, clock, ids, botExists });
    this.#ready = memory.part({
      name: 'bot',
      lifeMs: LIFE_MS,
      read: (id, before) => this.#load(id, before),
      bytesOf: (known) => known?.bytes ?? 0,
    });
    changes.on('bot', (id) => this.#ready.drop(id.toLowerCase()));
  }

  /** Seals the webhooks of all bots with the key of the day. */
  async reseal(): Promise<void> {
    await resealColumn(this.#ports.database, sealedBots(this.#ports.vault));
  }

  /** A bot of the company, ready to talk; undefined where there is none, or a deleted one. */
  async ready(botId: string, companyId: number): Promise<ReadyBot | undefined> {
    const known = await this.#ready.get(botId.toLowerCase());
    return known?.companyId === companyId ? known.bot : undefined;
  }

  /** Whether a chat of the company can use the bot. */
  async exists(botId: string, companyId: number): Promise<boolean> {
    const row = await this.#store.find(botId, companyId);
    return row !== undefined && row.deleted_at === null;
  }

  /** A page of the company's bots: the deleted ones where they are asked for, else the others. */
  page(companyId: number, query: ListQuery & BotQuery): Promise<ListPage<object>> {
    const { accessType = '', deleted, hasViewDetails } = query;
    const none = (accessType !== '' && accessType !== ACCESS_TYPE) || hasViewDetails === 1;
    return this.#store.page(companyId, { deleted: deleted === 1, none }, query, botListItem);
  }

  /** A bot of the company, deleted or not; throws `entity-not-found`. */
  async get(id: string, companyId: number): Promise<BotRow> {
    const row = await this.#store.find(id, companyId);
    if (row === undefined) throw notFound();
    return row;
  }

  /** Creates a bot from a scenario or a webhook and answers its id; throws `scenario-invalid` and `invalid-input`. */
  async create(companyId: number, by: number | null, body: CreateBotBody): Promise<string> {
    const given = await this.#checks.take(companyId, () => sourceOf(body));
    if (given === undefined) throw oneSource('one of scenario and webhook is needed');
    await this.#checkGroups(companyId, given.groups);
    const id = this.#ports.ids.uuid4();
    const language = body.language ?? given.language ?? DEFAULT_LANGUAGE;
    await this.#store.insert({ id, companyId, name: body.name, language, source: given, now: this.#now(), by });
    return id;
  }

  /** Changes a bot; dialogs under way go on with the new scenario from the block they wait at. */
  async update(id: string, companyId: number, by: number, body: UpdateBotBody): Promise<void> {
    const source = await this.#checks.take(companyId, () => sourceOf(body));
    await this.#checkGroups(companyId, source?.groups ?? []);
    const language = body.language ?? source?.language;
    const change = {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(language === undefined ? {} : { language }),
      ...(source === undefined ? {} : { source }),
    };
    this.#changed(id, await this.#store.update({ id, companyId, by, now: this.#now(), ...change }));
  }

  /** Deletes a bot: its sessions under way go on with people, its chats start none until it is recovered. */
  async remove(id: string, companyId: number, by: number): Promise<void> {
    this.#changed(id, await this.#store.update({ id, companyId, by, now: this.#now(), deleted: true }));
  }

  /** Brings a deleted bot back; one that is not deleted stays as it is. */
  async recover(id: string, companyId: number, by: number): Promise<void> {
    const row = await this.get(id, companyId);
    if (row.deleted_at !== null) this.#changed(id, await this.#store.recover({ id, companyId, by, now: this.#now() }));
  }

  /** Copies a bot and answers the copy's id; into another company too, where the user may write to it. */
  async copy(id: string, user: CompanyUser, body: CopyBotBody): Promise<string> {
    const row = await this.get(id, user.companyId);
    const companyId = body.companyId ?? user.companyId;
    const may = companyId === user.companyId || (await this.#ports.companies.mayWriteTo(companyId, user));
    if (row.deleted_at !== null || !may) throw notFound();
    const { language, scenario, webhook } = row;
    const copy = {
      id: this.#ports.ids.uuid4(),
      companyId,
      name: body.name ?? row.name,
      language,
      now: this.#now(),
      by: user.id,
    };
    await this.#store.insert({ ...copy, source: { scenario, webhook } });
    return copy.id;
  }

  /** What looks like a mistake in the scenario of a bot: names that are nearly others, groups that are no more. */
  async advice({ scenario, company_id: companyId }: BotRow): Promise<readonly ScenarioProblem[]> {
    if (scenario === null) return [];
    const check = await this.#checks.take(companyId, () => inTurns(checkSteps(scenario, true)));
    if (!check.ok) return check.problems;
    return [...check.scenario.advice(), ...(await this.#missingGroups(companyId, check.scenario.groups))];
  }

  /** Throws `scenario-invalid` where a block asks for people of a group that the company does not have. */
  async #checkGroups(companyId: number, asked: CompiledScenario['groups']): Promise<void> {
    const missing = await this.#missingGroups(companyId, asked);
    if (missing.length > 0) throw new Failure('scenario-invalid', problemFields(missing));
  }

  async #missingGroups(companyId: number, asked: CompiledScenario['groups']): Promise<ScenarioProblem[]> {
    const ids = [...new Set(asked.map(({ group }) => group))];
    const missing = new Set<string>();
    // One after the other: a scenario names a few, and whoever stores one can wait.
    for (const id of ids) if ((await this.#ports.groups.find(companyId, id)) === undefined) missing.add(id);
    return asked.flatMap(({ block, group }) =>
      missing.has(group) ? [{ block, field: 'group', reason: `there is no group "${group}"` }] : [],
    );
  }

  #changed(id: string, found: boolean): void {
    if (!found) throw notFound();
    this.#ports.changes.tell('bot', id);
  }

  async #load(id: string, before: Known | undefined): Promise<Known | undefined> {
    // To compile a scenario again costs a hundred times what it costs to hear that it is the same.
    if (before !== undefined && (await this.#store.changedAt(id)) === before.updatedAt) return before;
    const row = await this.#store.findAnywhere(id);
    if (row === undefined || row.deleted_at !== null) return undefined;
    return { companyId: row.company_id, updatedAt: row.updated_at, ...(await this.#botOf(row)) };
  }

  async #botOf(row: BotRow): Promise<Pick<Known, 'bot' | 'bytes'>> {
    const { clock, ids, outgoing, publicUrl } = this.#ports;
    const { id, company_id: companyId, name, language, webhook } = row;
    const bytes = BYTES_A_CHARACTER * JSON.stringify(row.scenario ?? webhook).length;
    if (webhook !== null) {
      return { bot: new WebhookBot({ id, name, language, webhook, outgoing, clock, ids, publicUrl }), bytes };
    }
    const facts = this.#factStore.known.bind(this.#factStore);
    const scenario = await this.#checks.take(companyId, () => compiled(row.scenario, true));
    return {
      bot: new ScenarioBot({ id, companyId, name, scenario, ids, publicUrl, facts, lane: this.#lane }),
      bytes: bytes + scenario.bytes,
    };
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}

/** The language of a webhook bot that names none. */
const DEFAULT_LANGUAGE = 'en';

/** What answers for a bot, checked, with the language of a scenario; undefined where a body has neither. */
async function sourceOf(
  body: Pick<CreateBotBody, 'scenario' | 'webhook'>,
): Promise<
  (BotSourceWrite & Pick<CompiledScenario, 'groups'> & { readonly language: string | undefined }) | undefined
> {
  const { scenario, webhook } = body;
  if (scenario !== undefined && webhook !== undefined) throw oneSource('a bot has a scenario or a webhook, not both');
  if (scenario !== undefined) {
    const { language, groups } = await compiled(scenario);
    return { scenario, webhook: null, language, groups };
  }
  if (webhook === undefined) return undefined;
  const { url, secret, answerTimeout = DEFAULT_ANSWER_TIMEOUT } = webhook;
  return { scenario: null, webhook: { url, secret, answerTimeout }, language: undefined, groups: [] };
}

function oneSource(reason: string): Failure {
  return new Failure('invalid-input', { scenario: [reason], webhook: [reason] });
}

async function compiled(source: unknown, stored = false): Promise<CompiledScenario> {
  const check = await inTurns(checkSteps(source, stored));
  if (!check.ok) throw new Failure('scenario-invalid', problemFields(check.problems));
  return check.scenario;
}

/** Problems under the names of their places: `scenario.blocks.<block>.<field>`. */
function problemFields(problems: readonly ScenarioProblem[]): FieldProblems {
  const fields: FieldProblems = {};
  for (const { block, field, reason } of problems) {
    const place = ['scenario', ...(block === null ? [] : ['blocks', block]), ...(field === '' ? [] : [field])].join(
      '.',
    );
    (fields[place] ??= []).push(reason);
  }
  return fields;
}
