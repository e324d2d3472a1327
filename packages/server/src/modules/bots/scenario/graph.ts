import type { Block, BlockKind } from './block.ts';

/** One fault of a scenario: the block (null for the frame), the field in it, and the reason. */
export interface ScenarioProblem {
  readonly block: string | null;
  readonly field: string;
  readonly reason: string;
}

/** A block of a scenario whose form was checked. */
export interface GraphBlock {
  readonly id: string;
  readonly kind: BlockKind;
  readonly block: Block;
  /** Where it leads, by field. */
  readonly arrows: readonly (readonly [field: string, target: string])[];
}

/** Where a turn would go round and round: blocks that lead to themselves without waiting, and those behind which none waits. */
export function circleProblems(graph: readonly GraphBlock[]): ScenarioProblem[] {
  const arrows = new Map(graph.map((block) => [block.id, block.arrows]));
  const selves = graph.flatMap(({ id, kind, arrows: leads }) =>
    (kind.waits ? [] : leads).flatMap(([field, target]) =>
      target === id
        ? [
            {
              block: id,
              field,
              reason: 'leads to the block itself, which waits for nobody: a turn would go round here',
            },
          ]
        : [],
    ),
  );
  const known = new Set(selves.map(({ block }) => block));
  return [
    ...selves,
    ...stuck(graph, arrows).flatMap((id) =>
      known.has(id)
        ? []
        : [
            {
              block: id,
              field: '',
              reason: 'no block that waits or ends can be reached from here: a turn would go round',
            },
          ],
    ),
  ];
}

/** Blocks from which no arrows lead to one where a turn can end. */
function stuck(graph: readonly GraphBlock[], arrows: ReadonlyMap<string, GraphBlock['arrows']>): string[] {
  const before = new Map<string, string[]>();
  for (const [id, targets] of arrows) {
    for (const [, target] of targets) {
      const known = before.get(target);
      if (known === undefined) before.set(target, [id]);
      else known.push(id);
    }
  }
  const open = graph.filter(({ id, kind }) => kind.waits || arrows.get(id)?.length === 0).map(({ id }) => id);
  const ends = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const one of before.get(id) ?? []) {
      if (ends.has(one)) continue;
      ends.add(one);
      open.push(one);
    }
  }
  return graph.flatMap(({ id }) => (ends.has(id) ? [] : [id]));
}
