import { cutStart } from '../../../platform/text.ts';
import type { BotStatus, MessageType } from '@molva/contract';
import { BudgetSpent, TurnBudget, type Overrun } from './budget.ts';
import type { CompiledScenario } from './check.ts';
import { TurnFacts } from './facts.ts';
import { LONGEST_SAID, type Arrow } from './fields.ts';
import type { Scalar } from './scalar.ts';
import type { Speech } from './speech.ts';
import type { BotState } from './state.ts';
import { systemVariable } from './system-variables.ts';
import type { BlockTurn, BotInput, BotOutput, Ending, HandOver, Next, Turn, TurnContext } from './turn.ts';
import { Values } from './values.ts';

const LONGEST_DIALOG = 32_768;
/** Units of work for a block, and for looking a variable up. */
const BLOCK_WORK = 50;
const VARIABLE_WORK = 10;

/** One turn: from an input to where the script waits again, or to the end of its budget. Pure. */
export function step(scenario: CompiledScenario, state: BotState, input: BotInput, context: TurnContext): Turn {
  const run = new Run(scenario, state, context);
  try {
    const turn = run.take(input);
    return context.fits(state, turn.state) ? turn : run.overran('data');
  } catch (error) {
    if (error instanceof BudgetSpent) return run.overran(error.on);
    throw error;
  }
}

/** A turn under way. */
class Run implements BlockTurn {
  readonly #scenario: CompiledScenario;
  readonly context: TurnContext;
  readonly #before: BotState;
  readonly #facts: TurnFacts;
  readonly #budget = new TurnBudget();
  readonly #outputs: BotOutput[] = [];
  readonly #path: string[] = [];
  #at = '';
  readonly #variables: Values;
  readonly #results: Values;
  #unheard: string | null;
  #dialog: string;
  #repeats = 0;

  constructor(scenario: CompiledScenario, state: BotState, context: TurnContext) {
    this.#scenario = scenario;
    this.context = context;
    this.#before = state;
    this.#facts = new TurnFacts(context.facts, this.#budget);
    this.#variables = new Values(state.variables);
    this.#results = new Values(state.results);
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
      if (block === undefined) return this.#turn(null, 'ERROR');
      if (this.#path.length >= this.#scenario.maxCycleCount) throw new BudgetSpent('blocks');
      this.spend(BLOCK_WORK);
      this.#path.push(next);
      this.#at = next;
      next = block.enter(this);
    }
    return next;
  }

  /** The end of a turn that went beyond its budget; what it would have kept is left as it was where there is no room. */
  overran(on: Overrun): Turn {
    const turn = this.#turn(null, 'ERROR');
    const { variables, results } = this.#before;
    const state = this.context.fits(this.#before, turn.state) ? turn.state : { ...turn.state, variables, results };
    return { ...turn, state, overrun: on };
  }

  spend(units: number): void {
    this.#budget.spend(units);
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
    this.spend(VARIABLE_WORK);
    const system = systemVariable(name, { ...this.context, dialog: this.#dialog });
    return system === undefined ? this.#variables.get(name) : system;
  };

  loadFact(context: string, name: string): Scalar {
    return this.#facts.load(context, name);
  }

  saveFact(context: string, name: string, value: Scalar): Scalar {
    return this.#facts.save(context, name, value);
  }

  set(name: string, value: Scalar): void {
    this.#variables.set(name, value);
  }

  note(name: string, value: Scalar): void {
    this.#results.set(name, value);
  }

  say({ text, bytes, ...beside }: Speech, type: MessageType = 'REGULAR'): void {
    const body = text(this, LONGEST_SAID);
    this.#budget.say(bytes + Buffer.byteLength(body));
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
    if (!this.#scenario.keepsDialog) return;
    this.spend(this.#dialog.length / 10);
    this.#dialog = cutStart(`${this.#dialog}${side} ${line}\n`, LONGEST_DIALOG);
  }

  #turn(at: string | null, status: BotStatus, ending: Partial<Ending> = {}): Turn {
    const state = {
      at,
      variables: this.#variables.all,
      results: this.#results.all,
      unheard: this.#unheard,
      dialog: this.#dialog,
      ...(this.#repeats === 0 ? {} : { repeats: this.#repeats }),
    };
    const facts = this.#facts.writes;
    const waits = { pause: null, deadline: null, handOver: null, ...ending };
    return { state, status, outputs: this.#outputs, facts, path: this.#path, overrun: null, ...waits };
  }
}
