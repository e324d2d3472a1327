import type { Action, BotStatus, Keyboard, MessageType } from '@molva/contract';
import type { CompiledScenario } from './check.ts';
import type { CompiledBlock, ScenarioFile, Speech } from './compile.ts';
import { TurnFacts, type FactLookup, type FactWrite } from './facts.ts';
import { cut, kept, truth, type Scalar } from './scalar.ts';
import type { Scope } from './scope.ts';
import type { BotState } from './state.ts';
import { systemVariable, type SystemSource } from './system-variables.ts';

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

/** The script's wish for a person; with a fallback it goes on itself where nobody is there. */
export interface HandOver {
  readonly groupId: string | null;
  readonly announcement: string | null;
  readonly fallback: boolean;
}

/** How a turn ends; at most one of the three is not null. Times in milliseconds. */
interface Ending {
  readonly pause: { readonly ms: number; readonly typing: boolean } | null;
  readonly deadline: number | null;
  readonly handOver: HandOver | null;
}

/** What a turn comes to. */
export interface Turn extends Ending {
  readonly state: BotState;
  readonly status: BotStatus;
  readonly outputs: readonly BotOutput[];
  /** What is to be kept of the client. */
  readonly facts: readonly FactWrite[];
  /** The blocks gone through, in order. */
  readonly path: readonly string[];
}

/** What a turn is taken with; the engine has no clock, no randomness and no memory of its own. */
export interface TurnContext extends Omit<SystemSource, 'dialog'> {
  /** From 0 up to 1, not included. */
  random(): number;
  /** What is kept of the client. */
  readonly facts: FactLookup;
}

const LONGEST_BODY = 4096;
const LONGEST_DIALOG = 32_768;

/** One turn: from an input to where the script waits again. Pure. */
export function step(scenario: CompiledScenario, state: BotState, input: BotInput, context: TurnContext): Turn {
  return new Run(scenario, state, context).take(input);
}

/** A turn under way. */
class Run implements Scope {
  readonly #scenario: CompiledScenario;
  readonly #context: TurnContext;
  readonly #before: BotState;
  readonly #facts: TurnFacts;
  readonly #outputs: BotOutput[] = [];
  readonly #path: string[] = [];
  #variables: Readonly<Record<string, Scalar>>;
  #results: Readonly<Record<string, Scalar>>;
  #unheard: string | null;
  #dialog: string;
  #repeats = 0;

  constructor(scenario: CompiledScenario, state: BotState, context: TurnContext) {
    this.#scenario = scenario;
    this.#context = context;
    this.#before = state;
    this.#facts = new TurnFacts(context.facts);
    this.#variables = state.variables;
    this.#results = state.results;
    this.#unheard = state.unheard;
    this.#dialog = state.dialog;
  }

  take(input: BotInput): Turn {
    if (input.kind === 'message' || (input.kind === 'start' && input.message !== undefined)) {
      this.#unheard = input.message?.text ?? null;
      this.#record('>', this.#unheard ?? '');
    }
    if (input.kind === 'start') return this.#go(input.nodeId ?? this.#scenario.start);
    const { at } = this.#before;
    if (at === null) return this.#turn(null, 'STOP');
    const block = this.#scenario.blocks.get(at);
    // Whoever stored the scenario anew took the block away.
    return block === undefined ? this.#default('ERROR') : this.#wake(input.kind, at, block);
  }

  /** Lets the waiting block hear the input; what it does not understand enters it again. */
  #wake(input: Exclude<BotInput['kind'], 'start'>, at: string, block: CompiledBlock): Turn {
    if (block.type === 'question') {
      if (input === 'message') return this.#reply(at, block);
      if (input === 'timeout') return this.#giveUpWaiting(at, block);
    }
    // Whoever writes into a pause has not the patience for it: the script goes on at once and hears it.
    if (block.type === 'pause' && (input === 'resume' || input === 'message')) return this.#go(block.next);
    if (block.type === 'operator' && input === 'operatorNotFound') {
      return block.notFound === undefined ? this.#turn(null, 'STOP') : this.#go(block.notFound);
    }
    return this.#go(at);
  }

  #giveUpWaiting(at: string, block: CompiledBlock & { type: 'question' }): Turn {
    if (block.timeout !== undefined) return this.#go(block.timeout.next);
    // Whoever stored the scenario anew took the time-out away: the question may wait.
    return this.#scenario.clientTimeout === null ? this.#turn(at, 'WAIT') : this.#default('STOP');
  }

  /** Answers a waiting question; asks again where no branch fits, as often as the scenario has patience. */
  #reply(at: string, block: CompiledBlock & { type: 'question' }): Turn {
    const next = this.#answer(block);
    if (next !== undefined) return this.#go(next);
    const { maxRepeatCount } = this.#scenario;
    const repeats = this.#before.repeats ?? 0;
    if (maxRepeatCount !== null && repeats >= maxRepeatCount) return this.#default('ERROR');
    this.#repeats = repeats + 1;
    return this.#go(at);
  }

  /** The branch a question takes for what was said. */
  #answer(block: CompiledBlock & { type: 'question' }): string | undefined {
    const said = this.#unheard ?? '';
    this.#unheard = null;
    if (block.variable !== undefined) this.#variables = { ...this.#variables, [block.variable]: kept(said) };
    return block.branches.find(({ matches }) => matches(said))?.next ?? block.otherwise;
  }

  /** Goes to the block for whoever is lost; without one the dialog ends so. */
  #default(status: BotStatus): Turn {
    const { defaultNodeId } = this.#scenario;
    return defaultNodeId === null ? this.#turn(null, status) : this.#go(defaultNodeId);
  }

  #go(first: string): Turn {
    for (let at = first; ;) {
      const block = this.#scenario.blocks.get(at);
      if (block === undefined || this.#path.length >= this.#scenario.maxCycleCount) return this.#turn(null, 'ERROR');
      this.#path.push(at);
      const next = this.#visit(at, block);
      if (typeof next !== 'string') return next;
      at = next;
    }
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
        return block.branches.find(({ when }) => truth(when(this)))?.next ?? block.otherwise;
      case 'set':
        for (const [name, value] of block.values) this.#variables = { ...this.#variables, [name]: value(this) };
        return block.next;
      case 'result':
        for (const [name, value] of block.values) this.#results = { ...this.#results, [name]: value(this) };
        return block.next;
      case 'random':
        return this.#draw(block);
      case 'pause':
        return this.#turn(at, 'WAIT', { pause: { ms: block.ms, typing: block.typing } });
      case 'operator': {
        const announcement = block.announcement?.(this.variable) ?? null;
        const handOver = { groupId: block.group, announcement, fallback: block.notFound !== undefined };
        return this.#turn(at, 'OPERATOR', { handOver });
      }
      case 'end':
        if (block.text !== null)
          this.#put({ ...SILENT, nodeId: at, body: block.text(this.variable), type: 'TERMINAL' });
        else this.#endWithLast();
        return this.#turn(null, 'STOP');
    }
  }

  /** Asks, unless what the client said already answers it. */
  #ask(at: string, block: CompiledBlock & { type: 'question' }): string | Turn {
    const said = this.#unheard;
    if (said !== null && block.branches.some(({ matches }) => matches(said))) return this.#answer(block) ?? at;
    this.#unheard = null;
    this.#say(at, block.speech);
    return this.#turn(at, 'WAIT', { deadline: block.timeout?.ms ?? this.#scenario.clientTimeout });
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
    this.#put({ nodeId, body: speech.text(this.variable), type: 'REGULAR', answers, keyboard, attachments, actions });
  }

  #put(output: BotOutput): void {
    const body = cut(output.body, LONGEST_BODY);
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

  readonly variable = (name: string): Scalar => {
    const system = systemVariable(name, { ...this.#context, dialog: this.#dialog });
    if (system !== undefined) return system;
    return Object.hasOwn(this.#variables, name) ? (this.#variables[name] ?? null) : null;
  };

  loadFact(context: string, name: string): Scalar {
    return this.#facts.load(context, name);
  }

  saveFact(context: string, name: string, value: Scalar): Scalar {
    return this.#facts.save(context, name, value);
  }

  #turn(at: string | null, status: BotStatus, ending: Partial<Ending> = {}): Turn {
    const state = {
      at,
      variables: this.#variables,
      results: this.#results,
      unheard: this.#unheard,
      dialog: this.#dialog,
      ...(this.#repeats === 0 ? {} : { repeats: this.#repeats }),
    };
    const facts = this.#facts.writes;
    const waits = { pause: null, deadline: null, handOver: null, ...ending };
    return { state, status, outputs: this.#outputs, facts, path: this.#path, ...waits };
  }
}

const SILENT = { answers: [], keyboard: null, attachments: [], actions: [] } as const;
