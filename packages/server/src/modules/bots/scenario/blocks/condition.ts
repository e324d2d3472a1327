import { Type } from 'typebox';
import { defineBlock, enterAgain } from '../block.ts';
import { Arrow, Expression } from '../fields.ts';
import { truth } from '../scalar.ts';

/** Branches by what is computed. */
export const condition = defineBlock({
  type: 'condition',
  documentation: 'takes the first branch whose expression is true',
  fields: {
    branches: Type.Array(Type.Object({ when: Expression, next: Arrow }), { minItems: 1, maxItems: 100 }),
    default: Arrow,
  },
  compile: (block, compiler) => ({
    branches: block.branches.map(({ when, next }, index) => ({
      when: compiler.expression(`branches.${index}.when`, when),
      next,
    })),
    otherwise: block.default,
  }),
  enter: ({ branches, otherwise }, turn) => branches.find(({ when }) => truth(when(turn)))?.next ?? otherwise,
  wake: enterAgain,
});
