import { Type } from 'typebox';
import { defineBlock } from '../block.ts';
import { Arrow } from '../fields.ts';

/** Takes its time. */
export const pause = defineBlock({
  type: 'pause',
  documentation: 'waits; typing is shown unless `typing` is false; whoever writes meanwhile is heard at once',
  fields: {
    seconds: Type.Number({ exclusiveMinimum: 0, maximum: 3600 }),
    typing: Type.Optional(Type.Boolean()),
    next: Arrow,
  },
  compile: ({ seconds, typing = true, next }) => ({ ms: seconds * 1000, typing, next }),
  enter: ({ ms, typing }, turn) => turn.wait({ pause: { ms, typing } }),
  // Whoever writes into a pause has not the patience for it: the script goes on at once and hears it.
  wake: ({ next }, input, turn) => (input === 'resume' || input === 'message' ? next : turn.at),
});
