import { wholeText } from '../../../platform/text.ts';
import type { TurnBudget } from './budget.ts';
import { kept, workOf, type Scalar } from './scalar.ts';

/** A value to be kept of the client beyond the dialog. */
export interface FactWrite {
  readonly context: string;
  readonly name: string;
  readonly value: Scalar;
}

/** What is kept of the client before a turn; null where nothing is. */
export type FactLookup = (context: string, name: string) => Scalar;

/** Characters of a fact's context and of its name. */
export const LONGEST_FACT_NAME = 255;
/** Facts one turn may write: they are stored with everything else of the turn, at once. */
const MOST_WRITES = 100;

/** A lookup in facts as they are stored; of two under one name the later counts. */
export function factLookup(facts: readonly FactWrite[]): FactLookup {
  const values = new Map(facts.map((fact) => [keyOf(fact.context, fact.name), fact.value]));
  return (context, name) => values.get(keyOf(context, name)) ?? null;
}

/** The facts of a turn: those from before, and over them what the turn writes. */
export class TurnFacts {
  readonly #known: FactLookup;
  readonly #budget: TurnBudget;
  readonly #writes = new Map<string, FactWrite>();

  constructor(known: FactLookup, budget: TurnBudget) {
    this.#known = known;
    this.#budget = budget;
  }

  /** What is to be stored; the last value of each name. */
  get writes(): readonly FactWrite[] {
    return [...this.#writes.values()];
  }

  load(context: string, name: string): Scalar {
    const written = this.#writes.get(keyOf(context, name));
    return written === undefined ? this.#known(context, name) : written.value;
  }

  /** Answers the value as it is kept; null where nothing is kept, as under no name. */
  save(context: string, name: string, value: Scalar): Scalar {
    const fact = { context: wholeText(context), name: wholeText(name), value: valueOf(value) };
    if (!isName(fact.context) || !isName(fact.name)) return null;
    const key = keyOf(fact.context, fact.name);
    if (!this.#writes.has(key) && this.#writes.size >= MOST_WRITES) return null;
    this.#budget.keep(workOf(context) + workOf(name) + bytesOf(fact.value));
    this.#writes.set(key, fact);
    return fact.value;
  }
}

function keyOf(context: string, name: string): string {
  return JSON.stringify([wholeText(context), wholeText(name)]);
}

function valueOf(value: Scalar): Scalar {
  return kept(typeof value === 'string' ? wholeText(value) : value);
}

function bytesOf(value: Scalar): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 8;
}

function isName(text: string): boolean {
  return text !== '' && text.length <= LONGEST_FACT_NAME;
}
