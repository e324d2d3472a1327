import type { TSchema } from 'typebox';
import { validatorOf } from '../../../platform/check.ts';
import { reasonOf, type SchemaError } from '../../../platform/check-words.ts';
import type { Block, BlockKind, CompiledBlock } from './block.ts';
import { blocks, type BlockType } from './blocks/index.ts';
import { BlockCompiler, Compilation } from './compiler.ts';
import { adviceOn } from './advice.ts';
import { LOAD_NAME } from './functions.ts';
import { circleProblems, type GraphBlock, type ScenarioProblem } from './graph.ts';
import { scenarioFrame, type Scenario } from './schema.ts';
import { DIALOG_NAME } from './system-variables.ts';
import { unclosedName } from './template.ts';
import type { BlockNames } from './uses.ts';

/** A scenario that was checked, ready to be stepped through. */
export interface CompiledScenario {
  readonly language: string;
  readonly start: string;
  readonly maxCycleCount: number;
  /** How often a question may be asked again before the dialog goes to the default block; null for ever. */
  readonly maxRepeatCount: number | null;
  /** How long a question without a time-out of its own waits, in milliseconds; null for ever. */
  readonly clientTimeout: number | null;
  /** Where a dialog goes that cannot go on otherwise. */
  readonly defaultNodeId: string | null;
  readonly blocks: ReadonlyMap<string, CompiledBlock>;
  /** Whether any block uses the text of the dialog, so that it must be kept. */
  readonly keepsDialog: boolean;
  /** Whether any block reads facts, so that they must be known before a turn. */
  readonly loadsFacts: boolean;
  /** The groups that blocks ask for people of, by block. */
  readonly groups: readonly { readonly block: string; readonly group: string }[];
  /** What looks like a mistake; computed when somebody asks. */
  advice(): ScenarioProblem[];
  /** About how many bytes its patterns, expressions and texts take, once they are compiled. */
  readonly bytes: number;
}

/** A checked scenario, or everything that is wrong with it. */
export type ScenarioCheck =
  | { readonly ok: true; readonly scenario: CompiledScenario }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

/** Blocks that may run in one turn where the scenario does not say: more is taken for an endless loop. */
export const DEFAULT_MAX_CYCLES = 100;

const forms: Readonly<Record<string, TSchema>> = Object.fromEntries(
  Object.values(blocks).map(({ type, schema }) => [type, schema]),
);

/**
 * Checks a scenario whole: its form, where its arrows lead, its patterns, expressions and texts.
 * @param stored it was stored already: it may be larger than one that is new, and go in circles
 */
export function checkScenario(input: unknown, stored = false): ScenarioCheck {
  const steps = checkSteps(input, stored);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same in steps of a block each: a large scenario takes some hundred milliseconds, which nobody else has to wait for. */
export function* checkSteps(input: unknown, stored = false): Generator<undefined, ScenarioCheck, undefined> {
  const frame = validatorOf(scenarioFrame);
  if (!frame.Check(input)) {
    return { ok: false, problems: problemsOf(null, frame.Errors(input)[1]) };
  }
  const source = input as unknown as Scenario;
  const problems: ScenarioProblem[] = [];
  for (const [id, block] of Object.entries(source.blocks)) {
    problems.push(...formProblems(id, block));
    yield;
  }
  if (problems.length > 0) return { ok: false, problems };
  const graph: GraphBlock[] = [];
  for (const [id, block] of Object.entries(source.blocks)) {
    const kind = kindOf(block);
    graph.push({ id, kind, block, arrows: kind.arrows(block) });
    yield;
  }
  problems.push(...arrowProblems(source, graph));
  const compiled = new Map<string, CompiledBlock>();
  const whole = new Compilation(stored);
  for (const { id, kind, block } of graph) {
    const compiler = new BlockCompiler((field, reason) => problems.push({ block: id, field, reason }), whole);
    compiled.set(id, kind.compile(block, compiler));
    yield;
  }
  if (!stored && problems.length === 0) problems.push(...circleProblems(graph), ...graph.flatMap(braceProblems));
  if (problems.length > 0) return { ok: false, problems };
  const names: BlockNames[] = [];
  for (const { kind, block } of graph) {
    names.push(kind.names(block));
    yield;
  }
  const { maxCycleCount = DEFAULT_MAX_CYCLES, maxRepeatCount, clientTimeout, defaultNodeId } = source.settings ?? {};
  const read = new Set(names.flatMap(({ reads }) => reads));
  const scenario = {
    language: source.language,
    start: source.start,
    maxCycleCount,
    maxRepeatCount: maxRepeatCount ?? null,
    clientTimeout: clientTimeout === undefined ? null : clientTimeout * 1000,
    defaultNodeId: defaultNodeId ?? null,
    blocks: compiled,
    keepsDialog: read.has(DIALOG_NAME),
    loadsFacts: read.has(LOAD_NAME),
    groups: graph.flatMap(({ id }, index) => (names[index]?.groups ?? []).map((group) => ({ block: id, group }))),
    advice: () => adviceOn(graph, names),
    bytes: whole.bytes,
  };
  return { ok: true, scenario };
}

function braceProblems({ id, kind, block }: GraphBlock): ScenarioProblem[] {
  return kind.texts(block).flatMap(([field, text]) => {
    const name = unclosedName(text);
    if (name === undefined) return [];
    return [{ block: id, field, reason: `"{${name}" is not closed: a variable is {${name}}, a brace is written {{` }];
  });
}

function formProblems(id: string, block: unknown): ScenarioProblem[] {
  const type = (block as { type?: unknown } | null)?.type;
  const form = typeof type === 'string' && Object.hasOwn(forms, type) ? forms[type] : undefined;
  if (form === undefined) {
    return [{ block: id, field: 'type', reason: `must be one of ${Object.keys(forms).join(', ')}` }];
  }
  const checker = validatorOf(form);
  return checker.Check(block) ? [] : problemsOf(id, checker.Errors(block)[1]);
}

function problemsOf(block: string | null, errors: readonly SchemaError[]): ScenarioProblem[] {
  // A field that is not known is told twice: once by its block, once by the schema that admits nothing.
  return errors.flatMap((error) => (error.keyword === 'boolean' ? [] : problem(block, error, errors)));
}

function problem(block: string | null, error: SchemaError, others: readonly SchemaError[]): ScenarioProblem[] {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  const { requiredProperties, additionalProperties } = error.params as {
    requiredProperties?: string[];
    additionalProperties?: string[];
  };
  const names = (requiredProperties ?? additionalProperties ?? []).join(', ');
  const reason =
    error.keyword === 'required'
      ? 'is required'
      : error.keyword === 'additionalProperties'
        ? 'is not known here'
        : reasonOf(error, others);
  if (reason === undefined) return [];
  return [{ block, field: [path, names].filter((part) => part !== '').join('.'), reason }];
}

function arrowProblems(source: Scenario, graph: readonly GraphBlock[]): ScenarioProblem[] {
  const problems = settingProblems(source);
  const start = Object.hasOwn(source.blocks, source.start) ? source.blocks[source.start] : undefined;
  if (start?.type !== 'start')
    problems.push({ block: null, field: 'start', reason: 'must name the block of type start' });
  for (const { id, block, arrows } of graph) {
    if (block.type === 'start' && id !== source.start) {
      problems.push({ block: id, field: 'type', reason: 'there is one start block only' });
    }
    for (const [field, target] of arrows) {
      if (!Object.hasOwn(source.blocks, target))
        problems.push({ block: id, field, reason: `there is no block "${target}"` });
    }
  }
  const reached = reachable(source, graph);
  for (const { id } of graph) {
    if (!reached.has(id)) problems.push({ block: id, field: '', reason: 'no arrow leads here' });
  }
  return problems;
}

function settingProblems({ settings, blocks: named }: Scenario): ScenarioProblem[] {
  const target = settings?.defaultNodeId;
  const fault = (field: string, reason: string) => ({ block: null, field: `settings.${field}`, reason });
  if (target !== undefined && !Object.hasOwn(named, target)) {
    return [fault('defaultNodeId', `there is no block "${target}"`)];
  }
  return target === undefined && settings?.maxRepeatCount !== undefined
    ? [fault('maxRepeatCount', 'needs a defaultNodeId to go to')]
    : [];
}

function reachable({ start, settings }: Scenario, graph: readonly GraphBlock[]): Set<string> {
  const arrows = new Map(graph.map((block) => [block.id, block.arrows]));
  const reached = new Set<string>();
  const open = [start, settings?.defaultNodeId ?? start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const leads = arrows.get(id);
    if (leads === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...leads.map(([, target]) => target));
  }
  return reached;
}

/** The type of a block whose form was checked. */
function kindOf(block: Block): BlockKind {
  return blocks[block.type as BlockType];
}
