import { defineBlock, enterAgain } from '../block.ts';
import { Arrow } from '../fields.ts';

/** Where a dialog begins. */
export const start = defineBlock({
  type: 'start',
  documentation: 'the one block a dialog begins at',
  fields: { next: Arrow },
  compile: ({ next }) => next,
  enter: (next) => next,
  wake: enterAgain,
});
