import { scalarOf, type Scalar } from './scalar.ts';

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
  /** How often the waiting question was asked again. */
  readonly repeats?: number;
}

/** The state before the first turn: metadata and variables given at the start; lists and maps become their JSON text. */
export function initialState(given: Readonly<Record<string, unknown>>): BotState {
  return withVariables({ at: null, variables: {}, results: {}, unheard: null, dialog: '' }, given);
}

/** The state with more variables. */
export function withVariables(state: BotState, given: Readonly<Record<string, unknown>>): BotState {
  const scalars = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, scalarOf(value)]));
  return { ...state, variables: { ...state.variables, ...scalars } };
}
