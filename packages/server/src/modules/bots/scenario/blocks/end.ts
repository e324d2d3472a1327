import { Type } from 'typebox';
import { defineBlock, enterAgain } from '../block.ts';
import { Text } from '../fields.ts';
import { wordsAlone } from '../speech.ts';

/** Ends the dialog, with a last word or with the one before. */
export const end = defineBlock({
  type: 'end',
  documentation: 'ends the session; the last message is `TERMINAL`',
  fields: { text: Type.Optional(Text) },
  compile: ({ text }, compiler) => (text === undefined ? null : wordsAlone(compiler.text(text))),
  enter: (speech, turn) => {
    if (speech === null) turn.endWithLast();
    else turn.say(speech, 'TERMINAL');
    return turn.stop();
  },
  wake: enterAgain,
});
