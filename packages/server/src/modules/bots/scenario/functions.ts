import { searchCost } from './budget.ts';
import { number, text, workOf, type Scalar } from './scalar.ts';
import type { Scope } from './scope.ts';

/** A function of the expression language. */
interface FunctionEntry {
  readonly parameters: number;
  readonly compute: (values: readonly Scalar[], scope: Scope) => Scalar;
  /** Units of its work, where that is more than to read each value. */
  readonly work?: (values: readonly Scalar[]) => number;
}

const asText = (value: Scalar | undefined): string => text(value ?? null);
const asNumber = (value: Scalar | undefined): number => number(value ?? null);

/** The function that reads what is kept of a client: a scenario without it needs nothing read. */
export const LOAD_NAME = 'fact.load';

/** Everything a scenario can call. */
export const functions: Readonly<Record<string, FunctionEntry>> = {
  lower: { parameters: 1, compute: ([value]) => asText(value).toLowerCase() },
  upper: { parameters: 1, compute: ([value]) => asText(value).toUpperCase() },
  trim: { parameters: 1, compute: ([value]) => asText(value).trim() },
  length: { parameters: 1, compute: ([value]) => asText(value).length },
  text: { parameters: 1, compute: ([value]) => asText(value) },
  number: { parameters: 1, compute: ([value]) => asNumber(value) },
  digits: { parameters: 1, compute: ([value]) => asText(value).replaceAll(/\D/g, '') },
  round: { parameters: 1, compute: ([value]) => Math.round(asNumber(value)) },
  floor: { parameters: 1, compute: ([value]) => Math.floor(asNumber(value)) },
  min: { parameters: 2, compute: ([a, b]) => Math.min(asNumber(a), asNumber(b)) },
  max: { parameters: 2, compute: ([a, b]) => Math.max(asNumber(a), asNumber(b)) },
  contains: {
    parameters: 2,
    compute: ([a, b]) => asText(a).toLowerCase().includes(asText(b).toLowerCase()),
    work: ([a = null, b = null]) => workOf(a) + workOf(b) + searchCost(asText(a).length, asText(b).length),
  },
  starts: { parameters: 2, compute: ([a, b]) => asText(a).toLowerCase().startsWith(asText(b).toLowerCase()) },
  exists: { parameters: 1, compute: ([value]) => value !== null && value !== '' },
  [LOAD_NAME]: { parameters: 2, compute: ([context, name], scope) => scope.loadFact(asText(context), asText(name)) },
  'fact.save': {
    parameters: 3,
    compute: ([context, name, value = null], scope) => scope.saveFact(asText(context), asText(name), value),
  },
};
