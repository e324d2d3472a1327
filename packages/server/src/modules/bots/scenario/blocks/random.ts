import { Type } from 'typebox';
import { defineBlock, enterAgain } from '../block.ts';
import { Arrow } from '../fields.ts';

const Branch = Type.Object({
  weight: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
  next: Arrow,
});

/** Branches by chance. */
export const random = defineBlock({
  type: 'random',
  documentation: 'draws a branch',
  fields: { branches: Type.Array(Branch, { minItems: 1, maxItems: 100 }) },
  compile: (block) => {
    const branches = block.branches.map(({ weight = 1, next }) => ({ weight, next }));
    return { branches, total: branches.reduce((sum, { weight }) => sum + weight, 0) };
  },
  enter: ({ branches, total }, turn) => {
    let mark = turn.context.random() * total;
    const drawn = branches.find(({ weight }) => (mark -= weight) < 0);
    // Sums of fractions are not exact: the mark may come out behind the last branch.
    return (drawn ?? branches.at(-1))?.next ?? turn.at;
  },
  wake: enterAgain,
});
