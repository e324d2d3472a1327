/** The scenario engine: a graph of blocks as JSON, checked whole, and a pure step through it. */
export { blocks } from './blocks/index.ts';
export { checkScenario, checkSteps, DEFAULT_MAX_CYCLES, type CompiledScenario } from './check.ts';
export { factLookup, type FactWrite } from './facts.ts';
export type { ScenarioProblem } from './graph.ts';
export { scalarOf } from './scalar.ts';
export type { ScenarioSettings } from './schema.ts';
export { initialState, withVariables, type BotState } from './state.ts';
export { step } from './step.ts';
export { systemVariables, type SystemSource } from './system-variables.ts';
export type { Turn } from './turn.ts';
