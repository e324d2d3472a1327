import type { Meter } from './budget.ts';
import type { Scalar } from './scalar.ts';

/** Looks a variable up; one that does not exist is null. */
export type Lookup = (name: string) => Scalar;

/** What an expression reads and writes outside of itself, and pays its work with. */
export interface Scope extends Meter {
  readonly variable: Lookup;
  /** What is kept of the client under a context and a name; null where nothing is. */
  loadFact(context: string, name: string): Scalar;
  /** Keeps a value of the client, and answers it as it is kept. */
  saveFact(context: string, name: string, value: Scalar): Scalar;
}
