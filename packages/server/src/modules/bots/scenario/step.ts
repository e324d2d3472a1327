import type { Action, BotStatus, Keyboard, MessageType } from '@molva/contract';
import type { CompiledScenario } from './check.ts';
import type { CompiledBlock, ScenarioFile, Speech } from './compile.ts';
import { truth, type Scalar } from './expression.ts';
import { systemVariable, type SystemFacts } from './system-variables.ts';

/** What a client said. */
export interface UserInput {
  readonly text: string;
}

/** What reaches the script. */
export type BotInput =
  | { readonly kind: 'start'; readonly nodeId?: string; readonly message?: UserInput }
  | { readonly kind: 'message'; readonly message: UserInput }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'operatorNotFound' };

/** Where a dialog stands: plain JSON, kept between turns. */
export interface BotState {
  /** The block that waits, null before the start and after the end. */
  readonly at: string | null;
  readonly variables: Readonly<Record<string, Scalar>>;
  readonly results: Readonly<Record<string, Scalar>>;
  /** Something the client said that no question has heard yet. */
  readonly unheard: string | null;
  /** The text of the dialog, where the scenario uses it. */
  readonly dialog: string;
}

/** Something the script says. */
export interface BotOutput {
  readonly nodeId: string;
  readonly body: string;
  readonly type: MessageType;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly ScenarioFile[];
  readonly actions: readonly Action[];
}

/** What a turn comes to, beside what is said. At most one of the three is not null. */
export interface Turn {
  readonly state: BotState;
  readonly status: BotStatus;
  readonly outputs: readonly BotOutput[];
  readonly pause: { readonly ms: number; readonly typing: boolean } | null;
  readonly deadline: number | null;
  readonly handOver: { readonly groupId: string | null; readonly announcement: string | null } | null;
}

/** What a turn is taken with; the engine has no clock and no randomness of its own. */
export interface TurnContext extends Omit<SystemFacts, 'dialog'> {
  /** From 0 up to 1, not included. */
  random(): number;
}

const LONGEST_BODY = 4096;
const LONGEST_DIALOG = 32_768;

/** The state before the first turn: metadata and variables given at the start; lists and maps become their JSON text. */
export function initialState(given: Readonly<Record<string, unknown>>): BotState {
  return withVariables({ at: null, variables: {}, results: {}, unheard: null, dialog: '' }, given);
}

/** The state with more variables. */
export function withVariables(state: BotState, given: Readonly<Record<string, unknown>>): BotState {
  const scalars = Object.entries(given).map(([name, value]) => [name, scalar(value)]);
  return { ...state, variables: { ...state.variables, ...(Object.fromEntries(scalars) as Record<string, Scalar>) } };
}

function scalar(value: unknown): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return JSON.stringify(value) ?? null;
}

/** One turn: from an input to where the script waits again. Pure. */
export function step(scenario: CompiledScenario, state: BotState, input: BotInput, context: TurnContext): Turn {
  return new Run(scenario, state, context).take(input);
}

/** A turn under way. */
class Run {
  readonly #scenario: CompiledScenario;
  readonly #context: TurnContext;
  readonly #outputs: BotOutput[] = [];
  #variables: Record<string, Scalar>;
  #results: Record<string, Scalar>;
  #unheard: string | null;
  #dialog: string;
  readonly #at: string | null;

  constructor(scenario: CompiledScenario, state: BotState, context: TurnContext) {
    this.#scenario = scenario;
    this.#context = context;
    this.#variables = state.variables;
    this.#results = state.results;
    this.#unheard = state.unheard;
    this.#dialog = state.dialog;
    this.#at = state.at;
  }

  take(input: BotInput): Turn {
    if (input.kind === 'message' || (input.kind === 'start' && input.message !== undefined)) {
      this.#unheard = input.message?.text ?? null;
      this.#record('>', this.#unheard ?? '');
    }
    return this.#go(this.#firstBlock(input));
  }

  /** Where the input leads; null where it changes nothing. */
  #firstBlock(input: BotInput): string | null {
    if (input.kind === 'start') return input.nodeId ?? this.#scenario.start;
    const block = this.#block(this.#at);
    if (this.#at === null || block === undefined) return null;
    switch (input.kind) {
      case 'message':
        if (block.type === 'question') return this.#answer(block, this.#at);
        // Whoever writes into a pause has not the patience for it: the script goes on at once and hears it.
        return block.type === 'pause' ? block.next : null;
      case 'resume':
        return block.type === 'pause' ? block.next : null;
      case 'timeout':
        return block.type === 'question' ? (block.timeout?.next ?? null) : null;
      case 'operatorNotFound':
        return block.type === 'operator' ? (block.notFound ?? null) : null;
    }
  }

  /** The branch a waiting question takes for what was said; asks again where none fits. */
  #answer(block: CompiledBlock & { type: 'question' }, at: string): string {
    const said = this.#unheard ?? '';
    this.#unheard = null;
    if (block.variable !== undefined) this.#variables = { ...this.#variables, [block.variable]: said };
    return block.branches.find(({ matches }) => matches(said))?.next ?? block.otherwise ?? at;
  }

  #go(first: string | null): Turn {
    let at = first;
    for (let count = 0; at !== null; count++) {
      const block = this.#block(at);
      if (block === undefined || count >= this.#scenario.maxCycleCount) return this.#turn(null, 'ERROR');
      const next: string | Turn = this.#visit(at, block);
      if (typeof next !== 'string') return next;
      at = next;
    }
    const waiting = this.#block(this.#at);
    if (waiting?.type === 'operator') return this.#turn(null, 'STOP');
    if (waiting?.type === 'question') return this.#turn(this.#at, 'WAIT', { deadline: waiting.timeout?.ms ?? null });
    return this.#turn(this.#at, waiting === undefined ? 'STOP' : 'WAIT');
  }

  /** Does what a block says; answers the next block, or the turn where it ends here. */
  #visit(at: string, block: CompiledBlock): string | Turn {
    switch (block.type) {
      case 'start':
      case 'jump':
        return block.next;
      case 'message':
        this.#say(at, block.speech);
        return block.next;
      case 'question':
        return this.#ask(at, block);
      case 'condition':
        return block.branches.find(({ when }) => truth(when(this.#lookup)))?.next ?? block.otherwise;
      case 'set':
        for (const [name, value] of block.values) this.#variables = { ...this.#variables, [name]: value(this.#lookup) };
        return block.next;
      case 'result':
        for (const [name, value] of block.values) this.#results = { ...this.#results, [name]: value(this.#lookup) };
        return block.next;
      case 'random':
        return this.#draw(block);
      case 'pause':
        return this.#turn(at, 'WAIT', { pause: { ms: block.ms, typing: block.typing } });
      case 'operator': {
        const announcement = block.announcement?.(this.#lookup) ?? null;
        return this.#turn(at, 'OPERATOR', { handOver: { groupId: block.group, announcement } });
      }
      case 'end':
        if (block.text !== null) this.#put({ ...SILENT, nodeId: at, body: block.text(this.#lookup), type: 'TERMINAL' });
        else this.#endWithLast();
        return this.#turn(null, 'STOP');
    }
  }

  /** Asks, unless what the client said already answers it. */
  #ask(at: string, block: CompiledBlock & { type: 'question' }): string | Turn {
    if (this.#unheard !== null) {
      const said = this.#unheard;
      if (block.branches.some(({ matches }) => matches(said))) return this.#answer(block, at);
      this.#unheard = null;
    }
    this.#say(at, block.speech);
    return this.#turn(at, 'WAIT', { deadline: block.timeout?.ms ?? null });
  }

  #draw(block: CompiledBlock & { type: 'random' }): string {
    let mark = this.#context.random() * block.total;
    for (const { weight, next } of block.branches) {
      mark -= weight;
      if (mark < 0) return next;
    }
    return block.branches.at(-1)?.next ?? this.#scenario.start;
  }

  #say(nodeId: string, speech: Speech): void {
    const { answers, keyboard, attachments, actions } = speech;
    this.#put({ nodeId, body: speech.text(this.#lookup), type: 'REGULAR', answers, keyboard, attachments, actions });
  }

  #put(output: BotOutput): void {
    const body = output.body.slice(0, LONGEST_BODY);
    this.#outputs.push({ ...output, body });
    this.#record('<', body);
  }

  /** An end without words makes the last message of the turn the terminal one. */
  #endWithLast(): void {
    const last = this.#outputs.pop();
    if (last !== undefined) this.#outputs.push({ ...last, type: 'TERMINAL' });
  }

  #record(side: '<' | '>', line: string): void {
    if (this.#scenario.keepsDialog) this.#dialog = `${this.#dialog}${side} ${line}\n`.slice(-LONGEST_DIALOG);
  }

  readonly #lookup = (name: string): Scalar => {
    const system = systemVariable(name, { ...this.#context, dialog: this.#dialog });
    if (system !== undefined) return system;
    return Object.hasOwn(this.#variables, name) ? (this.#variables[name] ?? null) : null;
  };

  #block(id: string | null): CompiledBlock | undefined {
    return id === null ? undefined : this.#scenario.blocks.get(id);
  }

  #turn(
    at: string | null,
    status: BotStatus,
    ending: Partial<Pick<Turn, 'pause' | 'deadline' | 'handOver'>> = {},
  ): Turn {
    const state = {
      at,
      variables: this.#variables,
      results: this.#results,
      unheard: this.#unheard,
      dialog: this.#dialog,
    };
    return { state, status, outputs: this.#outputs, pause: null, deadline: null, handOver: null, ...ending };
  }
}

const SILENT = { answers: [], keyboard: null, attachments: [], actions: [] } as const;
