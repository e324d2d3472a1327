import type { BotStatus, MessageType } from '@molva/contract';
import type { CompiledScenario } from './check.ts';
import { TurnFacts } from './facts.ts';
import type { Arrow } from './fields.ts';
import { cut, type Scalar } from './scalar.ts';
import type { Speech } from './speech.ts';
import type { BotState } from './state.ts';
import { systemVariable } from './system-variables.ts';
import type { BlockTurn, BotInput, BotOutput, Ending, HandOver, Next, Turn, TurnContext } from './turn.ts';

const LONGEST_BODY = 4096;
const LONGEST_DIALOG = 32_768;

/** One turn: from an input to where the script waits again. Pure. */
export function step(scenario: CompiledScenario, state: BotState, input: BotInput, context: TurnContext): Turn {
  return new Run(scenario, state, context).take(input);
}

/** A turn under way. */
class Run implements BlockTurn {
  readonly #scenario: CompiledScenario;
  readonly context: TurnContext;
  readonly #before: BotState;
  readonly #facts: TurnFacts;
  readonly #outputs: BotOutput[] = [];
  readonly #path: string[] = [];
  #at = '';
  #variables: Readonly<Record<string, Scalar>>;
  #results: Readonly<Record<string, Scalar>>;
  #unheard: string | null;
  #dialog: string;
  #repeats = 0;

  constructor(scenario: CompiledScenario, state: BotState, context: TurnContext) {
    this.#scenario = scenario;
    this.context = context;
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
    if (input.kind === 'start') return this.#follow(input.nodeId ?? this.#scenario.start);
    const { at } = this.#before;
    if (at === null) return this.#turn(null, 'STOP');
    const block = this.#scenario.blocks.get(at);
    // Whoever stored the scenario anew took the block away.
    if (block === undefined) return this.lost('ERROR');
    this.#at = at;
    return this.#follow(block.wake(input.kind, this));
  }

  /** Goes from block to block until one ends the turn. */
  #follow(first: string | Turn): Turn {
    let next = first;
    while (typeof next === 'string') {
      const block = this.#scenario.blocks.get(next);
      if (block === undefined || this.#path.length >= this.#scenario.maxCycleCount) return this.#turn(null, 'ERROR');
      this.#path.push(next);
      this.#at = next;
      next = block.enter(this);
    }
    return next;
  }

  get at(): Arrow {
    return this.#at as Arrow;
  }

  get clientTimeout(): number | null {
    return this.#scenario.clientTimeout;
  }

  get unheard(): string | null {
    return this.#unheard;
  }

  hear(): string {
    const said = this.#unheard ?? '';
    this.#unheard = null;
    return said;
  }

  readonly variable = (name: string): Scalar => {
    const system = systemVariable(name, { ...this.context, dialog: this.#dialog });
    if (system !== undefined) return system;
    return Object.hasOwn(this.#variables, name) ? (this.#variables[name] ?? null) : null;
  };

  loadFact(context: string, name: string): Scalar {
    return this.#facts.load(context, name);
  }

  saveFact(context: string, name: string, value: Scalar): Scalar {
    return this.#facts.save(context, name, value);
  }

  set(name: string, value: Scalar): void {
    this.#variables = { ...this.#variables, [name]: value };
  }

  note(name: string, value: Scalar): void {
    this.#results = { ...this.#results, [name]: value };
  }

  say({ text, ...beside }: Speech, type: MessageType = 'REGULAR'): void {
    const body = cut(text(this.variable), LONGEST_BODY);
    this.#outputs.push({ nodeId: this.#at, body, type, ...beside });
    this.#record('<', body);
  }

  endWithLast(): void {
    const last = this.#outputs.pop();
    if (last !== undefined) this.#outputs.push({ ...last, type: 'TERMINAL' });
  }

  repeat(): Next {
    const { maxRepeatCount } = this.#scenario;
    const repeats = this.#before.repeats ?? 0;
    if (maxRepeatCount !== null && repeats >= maxRepeatCount) return this.lost('ERROR');
    this.#repeats = repeats + 1;
    return this.at;
  }

  wait(until: Partial<Ending> = {}): Turn {
    return this.#turn(this.#at, 'WAIT', until);
  }

  handOver(wish: HandOver): Turn {
    return this.#turn(this.#at, 'OPERATOR', { handOver: wish });
  }

  stop(): Turn {
    return this.#turn(null, 'STOP');
  }

  lost(status: BotStatus): Turn {
    const { defaultNodeId } = this.#scenario;
    return defaultNodeId === null ? this.#turn(null, status) : this.#follow(defaultNodeId);
  }

  #record(side: '<' | '>', line: string): void {
    if (this.#scenario.keepsDialog) this.#dialog = `${this.#dialog}${side} ${line}\n`.slice(-LONGEST_DIALOG);
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
