import { defineBlock, enterAgain } from '../block.ts';
import { Arrow } from '../fields.ts';
import { compileSpeech, speechFields } from '../speech.ts';

/** Says something and goes on. */
export const message = defineBlock({
  type: 'message',
  documentation: 'says something',
  fields: { ...speechFields, next: Arrow },
  compile: (block, compiler) => ({ speech: compileSpeech(block, compiler), next: block.next }),
  enter: ({ speech, next }, turn) => {
    turn.say(speech);
    return next;
  },
  wake: enterAgain,
});
