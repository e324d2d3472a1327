import { defineBlock, enterAgain } from '../block.ts';
import { Arrow, valuesOf } from '../fields.ts';

/** Gives variables values; the later see the earlier. */
export const set = defineBlock({
  type: 'set',
  documentation: 'computes variables, in order',
  fields: { values: valuesOf('variable'), next: Arrow },
  compile: ({ values, next }, compiler) => ({ values: compiler.values('values', values), next }),
  enter: ({ values, next }, turn) => {
    for (const [name, value] of values) turn.set(name, value(turn));
    return next;
  },
  wake: enterAgain,
});
