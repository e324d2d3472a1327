import type { CreateBotBody, FieldProblems, UpdateBotBody } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { BotSource, ReadyBot } from '../sessions/index.ts';
import { ScenarioBot } from './scenario-bot.ts';
import { checkScenario, type CompiledScenario, type ScenarioProblem } from './scenario/index.ts';
import { BotStore, type BotRow } from './store.ts';

/** What the module needs. */
export interface BotPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly publicUrl: string;
  /** Somebody else kept what is known of bots; it is told when one changed. */
  readonly changed: () => void;
}

/** Bots: what answers a client before people do. */
export class Bots implements BotSource {
  readonly store: BotStore;
  readonly #ports: BotPorts;
  /** Every message looks its bot up; a change here drops the entry. */
  readonly #ready = new Map<string, Promise<ReadyBot | undefined>>();

  constructor(ports: BotPorts) {
    this.#ports = ports;
    this.store = new BotStore(ports.database);
  }

  /** A bot of the company, its scenario compiled; undefined where there is none. */
  ready(botId: string, companyId: number): Promise<ReadyBot | undefined> {
    const key = `${companyId}:${botId}`;
    let bot = this.#ready.get(key);
    if (bot === undefined) {
      bot = this.#load(botId, companyId);
      this.#ready.set(key, bot);
      void bot.then(
        (found) => found ?? this.#ready.delete(key),
        () => this.#ready.delete(key),
      );
    }
    return bot;
  }

  /** Whether a chat of the company can use the bot. */
  async exists(botId: string, companyId: number): Promise<boolean> {
    const row = await this.store.find(botId, companyId);
    return row !== undefined && row.deleted_at === null;
  }

  /** A bot of the company; throws `entity-not-found`. */
  async get(id: string, companyId: number): Promise<BotRow> {
    const row = await this.store.find(id, companyId);
    if (row === undefined) throw notFound();
    return row;
  }

  /** Creates a bot from a scenario and answers its id; throws `scenario-invalid`. */
  async create(companyId: number, by: number | null, body: CreateBotBody): Promise<string> {
    const scenario = compiled(body.scenario);
    const id = this.#ports.ids.uuid4();
    const language = body.language ?? scenario.language;
    await this.store.insert({
      id,
      companyId,
      name: body.name,
      language,
      scenario: body.scenario,
      now: this.#now(),
      by,
    });
    return id;
  }

  /** Changes a bot; dialogs under way go on with the new scenario from the block they wait at. */
  async update(id: string, companyId: number, by: number, body: UpdateBotBody): Promise<void> {
    const row = await this.get(id, companyId);
    const scenario = body.scenario ?? row.scenario;
    const { language } = compiled(scenario);
    const name = body.name ?? row.name;
    const spoken = body.language ?? (body.scenario === undefined ? row.language : language);
    await this.store.update({ id, companyId, name, language: spoken, scenario, now: this.#now(), by });
    this.#ready.clear();
    this.#ports.changed();
  }

  async #load(id: string, companyId: number): Promise<ReadyBot | undefined> {
    const row = await this.store.find(id, companyId);
    if (row === undefined || row.deleted_at !== null) return undefined;
    const { ids, publicUrl } = this.#ports;
    return new ScenarioBot({ id, name: row.name, scenario: compiled(row.scenario), ids, publicUrl });
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}

function compiled(source: unknown): CompiledScenario {
  const check = checkScenario(source);
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
