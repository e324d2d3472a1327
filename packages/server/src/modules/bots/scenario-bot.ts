import type { Ids } from '../../platform/ids.ts';
import {
  fitsData,
  linkedAttachment,
  type BotInput,
  type BotStart,
  type BotTurn,
  type BotState as AnyState,
  type FactWrite,
  type HotSession,
  type LocalBot,
} from '../sessions/index.ts';
import {
  factLookup,
  initialState,
  step,
  systemVariables,
  withVariables,
  type BotState,
  type CompiledScenario,
} from './scenario/index.ts';
import type { LaneSeat, SlowLane } from './slow-lane.ts';
import { systemSource } from './system-source.ts';

/** Reads what a bot keeps about a client. */
export type FactSource = (companyId: number, botId: string, clientId: string) => Promise<readonly FactWrite[]>;

/** What a scenario bot is made of. */
export interface ScenarioBotParts {
  readonly id: string;
  readonly companyId: number;
  readonly name: string;
  readonly scenario: CompiledScenario;
  readonly ids: Ids;
  /** Files named by a path are found under this address. */
  readonly publicUrl: string;
  readonly facts: FactSource;
  /** Of all bots together. */
  readonly lane: SlowLane;
}

/** A scenario as a session's bot. */
export class ScenarioBot implements LocalBot {
  readonly kind = 'local';
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly #parts: ScenarioBotParts;
  readonly #seat: LaneSeat;

  constructor(parts: ScenarioBotParts) {
    this.id = parts.id;
    this.name = parts.name;
    this.language = parts.scenario.language;
    this.#parts = parts;
    this.#seat = parts.lane.seat(parts.companyId, parts.id);
  }

  hasNode(nodeId: string): boolean {
    return this.#parts.scenario.blocks.has(nodeId);
  }

  begin(start: BotStart): BotState {
    return initialState({ ...start.clientMetadata, ...start.variables });
  }

  withVariables(state: unknown, start: BotStart): BotState {
    return withVariables(state as BotState, { ...start.clientMetadata, ...start.variables });
  }

  systemVariables(session: HotSession, now: number): Readonly<Record<string, unknown>> {
    const state = session.bot?.state as BotState | undefined;
    return systemVariables(systemSource(session, now, state?.dialog ?? ''));
  }

  /** `unsaved` are facts written earlier in the same step, which the database does not have yet. */
  async turn(
    session: HotSession,
    state: AnyState,
    input: BotInput,
    now: number,
    unsaved: readonly FactWrite[] = [],
  ): Promise<BotTurn> {
    const { facts, ids, lane, publicUrl, scenario } = this.#parts;
    const known = scenario.loadsFacts ? await facts(session.companyId, this.id, session.clientId) : [];
    const [from, heard] = isOwn(state) ? [state, input] : [initialState(state.variables), asStart(input)];
    const context = {
      ...systemSource(session, now, ''),
      random: () => ids.random(),
      facts: factLookup([...known, ...unsaved]),
      fits: fitsData,
    };
    const { outputs, ...turn } = await lane.turn(this.#seat, () => step(scenario, from, heard, context));
    const messages = outputs.map((output) => ({
      ...output,
      attachments: output.attachments.map((file) => linkedAttachment(file, publicUrl, ids, now)),
    }));
    return { ...turn, messages, results: turn.state.results };
  }
}

/** A bot that answered elsewhere before has left no block to go on from. */
function isOwn(state: AnyState | BotState): state is BotState {
  return 'at' in state;
}

function asStart(input: BotInput): BotInput {
  return 'message' in input && input.message !== undefined
    ? { kind: 'start', message: input.message }
    : { kind: 'start' };
}
