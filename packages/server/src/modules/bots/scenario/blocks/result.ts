import { defineBlock, enterAgain } from '../block.ts';
import { Arrow, valuesOf } from '../fields.ts';

/** Notes what the dialog came to, for whoever reads it from outside. */
export const result = defineBlock({
  type: 'result',
  documentation: 'notes results of the dialog',
  fields: { values: valuesOf('result'), next: Arrow },
  compile: ({ values, next }, compiler) => ({ values: compiler.values('values', values), next }),
  enter: ({ values, next }, turn) => {
    for (const [name, value] of values) turn.note(name, value(turn));
    return next;
  },
  wake: enterAgain,
});
