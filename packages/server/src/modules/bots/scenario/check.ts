import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { compileBlock, type CompiledBlock } from './compile.ts';
import { blockSchemas, scenarioFrame, type Block, type Scenario } from './schema.ts';

/** One fault of a scenario: the block (null for the frame), the field in it, and the reason. */
export interface ScenarioProblem {
  readonly block: string | null;
  readonly field: string;
  readonly reason: string;
}

/** A scenario that was checked, ready to be stepped through. */
export interface CompiledScenario {
  readonly language: string;
  readonly start: string;
  readonly maxCycleCount: number;
  readonly blocks: ReadonlyMap<string, CompiledBlock>;
  /** Whether any block uses the text of the dialog, so that it must be kept. */
  readonly keepsDialog: boolean;
}

/** A checked scenario, or everything that is wrong with it. */
export type ScenarioCheck =
  | { readonly ok: true; readonly scenario: CompiledScenario }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

/** Blocks that may run in one turn where the scenario does not say: more is taken for an endless loop. */
const DEFAULT_MAX_CYCLES = 100;

const frame = Compile(scenarioFrame);
const blocks: Readonly<Record<string, Pick<Validator, 'Check' | 'Errors'>>> = Object.fromEntries(
  Object.entries(blockSchemas).map(([type, schema]) => [type, Compile(schema as TSchema)]),
);

/** Checks a scenario whole: its form, where its arrows lead, its patterns and expressions. */
export function checkScenario(input: unknown): ScenarioCheck {
  if (!frame.Check(input)) {
    return { ok: false, problems: frame.Errors(input).map((error) => problem(null, error)) };
  }
  const source = input as unknown as Scenario;
  const problems = Object.entries(source.blocks).flatMap(([id, block]) => formProblems(id, block));
  if (problems.length > 0) return { ok: false, problems };
  problems.push(...arrowProblems(source));
  const compiled = new Map<string, CompiledBlock>();
  for (const [id, block] of Object.entries(source.blocks)) {
    compiled.set(
      id,
      compileBlock(block, (field, reason) => problems.push({ block: id, field, reason })),
    );
  }
  if (problems.length > 0) return { ok: false, problems };
  const scenario = {
    language: source.language,
    start: source.start,
    maxCycleCount: source.settings?.maxCycleCount ?? DEFAULT_MAX_CYCLES,
    blocks: compiled,
    keepsDialog: [...compiled.values()].some((block) => block.usesDialog),
  };
  return { ok: true, scenario };
}

function formProblems(id: string, block: unknown): ScenarioProblem[] {
  const type = (block as { type?: unknown } | null)?.type;
  const checker = typeof type === 'string' && Object.hasOwn(blocks, type) ? blocks[type] : undefined;
  if (checker === undefined) {
    return [{ block: id, field: 'type', reason: `must be one of ${Object.keys(blocks).join(', ')}` }];
  }
  if (checker.Check(block)) return [];
  // A field that is not known is told twice: once by its block, once by the schema that admits nothing.
  return checker.Errors(block).flatMap((error) => (error.keyword === 'boolean' ? [] : [problem(id, error)]));
}

function problem(
  block: string | null,
  error: { instancePath: string; message: string; keyword: string; params: unknown },
): ScenarioProblem {
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
        : error.message;
  return { block, field: [path, names].filter((part) => part !== '').join('.'), reason };
}

function arrowProblems(source: Scenario): ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const ids = Object.keys(source.blocks);
  const start = Object.hasOwn(source.blocks, source.start) ? source.blocks[source.start] : undefined;
  if (start?.type !== 'start')
    problems.push({ block: null, field: 'start', reason: 'must name the block of type start' });
  for (const id of ids) {
    const block = source.blocks[id] as Block;
    if (block.type === 'start' && id !== source.start) {
      problems.push({ block: id, field: 'type', reason: 'there is one start block only' });
    }
    for (const [field, target] of arrows(block)) {
      if (!Object.hasOwn(source.blocks, target))
        problems.push({ block: id, field, reason: `there is no block "${target}"` });
    }
  }
  const reached = reachable(source);
  for (const id of ids) {
    if (!reached.has(id)) problems.push({ block: id, field: '', reason: 'no arrow leads here' });
  }
  return problems;
}

/** Where a block's arrows lead, by field. */
function arrows(block: Block): [field: string, target: string][] {
  const found: [string, string | undefined][] = [];
  if ('next' in block) found.push(['next', block.next]);
  if ('default' in block) found.push(['default', block.default]);
  if (block.type === 'jump') found.push(['to', block.to]);
  if (block.type === 'operator') found.push(['notFound', block.notFound]);
  if (block.type === 'question') found.push(['timeout.next', block.timeout?.next]);
  if ('branches' in block)
    block.branches?.forEach((branch, index) => found.push([`branches.${index}.next`, branch.next]));
  return found.filter((arrow): arrow is [string, string] => arrow[1] !== undefined);
}

function reachable(source: Scenario): Set<string> {
  const reached = new Set<string>();
  const open = [source.start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = Object.hasOwn(source.blocks, id) ? source.blocks[id] : undefined;
    if (block === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...arrows(block).map(([, target]) => target));
  }
  return reached;
}
