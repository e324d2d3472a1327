import type { Attachment } from '@molva/contract';
import { wireDate } from '@molva/contract';
import type { Ids } from '../../platform/ids.ts';
import type { BotInput, BotStart, BotTurn, HotSession, ReadyBot } from '../sessions/index.ts';
import {
  initialState,
  step,
  withVariables,
  type BotState,
  type CompiledScenario,
  type ScenarioFile,
} from './scenario/index.ts';

/** What a scenario bot is made of. */
export interface ScenarioBotParts {
  readonly id: string;
  readonly name: string;
  readonly scenario: CompiledScenario;
  readonly ids: Ids;
  /** Files named by a path are found under this address. */
  readonly publicUrl: string;
}

/** A scenario as a session's bot. */
export class ScenarioBot implements ReadyBot {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly #parts: ScenarioBotParts;

  constructor(parts: ScenarioBotParts) {
    this.id = parts.id;
    this.name = parts.name;
    this.language = parts.scenario.language;
    this.#parts = parts;
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

  turn(session: HotSession, state: unknown, input: BotInput, now: number): BotTurn {
    const turn = step(this.#parts.scenario, state as BotState, input, {
      now,
      random: () => this.#parts.ids.random(),
      clientTimezone: session.options.clientTimezone ?? null,
      dialogId: session.id,
      phone: session.options.clientPhone ?? null,
      previousBotId: null,
    });
    return {
      state: turn.state,
      status: turn.status,
      messages: turn.outputs.map((output) => ({
        ...output,
        attachments: output.attachments.map((file) => this.#attachment(file, now)),
      })),
      pause: turn.pause,
      deadline: turn.deadline,
      handOver: turn.handOver,
      results: turn.state.results,
    };
  }

  /** A file by address in the form of an attachment; it is nobody's upload, so its id is made up. */
  #attachment(file: ScenarioFile, now: number): Attachment {
    const { ids, publicUrl } = this.#parts;
    const url = file.url.startsWith('/') ? publicUrl + file.url : file.url;
    const dot = file.name.lastIndexOf('.');
    const extension = dot > 0 ? file.name.slice(dot + 1) : '';
    return {
      id: ids.uuid4(),
      contentType: file.contentType,
      size: file.size,
      downloadLink: url,
      name: file.name,
      url,
      isPrivate: false,
      createdAt: wireDate(now),
      baseName: dot > 0 ? file.name.slice(0, dot) : file.name,
      extension,
      suggestedExtension: extension,
      sugestedExtension: extension,
      path: '',
    };
  }
}
