import { defineBlock, enterAgain } from '../block.ts';
import { Arrow } from '../fields.ts';

/** An arrow that is a block of its own, for the sake of a graph that can be read. */
export const jump = defineBlock({
  type: 'jump',
  documentation: 'goes on elsewhere',
  fields: { to: Arrow },
  compile: ({ to }) => to,
  enter: (to) => to,
  wake: enterAgain,
});
