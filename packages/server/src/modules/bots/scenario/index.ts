/** The scenario engine: a graph of blocks as JSON, checked whole, and a pure step through it. */
export { checkScenario, type CompiledScenario, type ScenarioProblem } from './check.ts';
export type { ScenarioFile } from './compile.ts';
export { initialState, step, withVariables, type BotState, type Turn } from './step.ts';
