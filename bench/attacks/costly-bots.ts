/** Blocks of bots that a careless or hostile author might store. */
export const costlyBots: readonly Record<string, unknown>[] = [
  // Hundreds of values, set again and again.
  {
    start: { type: 'start', next: 'set0' },
    ...Object.fromEntries(
      Array.from({ length: 20 }, (_, round) => [
        `set${round}`,
        {
          type: 'set',
          values: Object.fromEntries(Array.from({ length: 500 }, (__, index) => [`v${index}`, `${round} + ${index}`])),
          next: round === 19 ? 'listen' : `set${round + 1}`,
        },
      ]),
    ),
    listen: { type: 'question', text: 'Well?', variable: 'said', default: 'listen' },
  },
  // A hundred branches of wide classes.
  {
    start: { type: 'start', next: 'listen' },
    listen: {
      type: 'question',
      text: 'Well?',
      variable: 'said',
      branches: Array.from({ length: 100 }, (_, index) => ({
        pattern: `\\p{L}{1,30}x{${index + 1}}$`,
        next: 'listen',
      })),
      default: 'listen',
    },
  },
  // One that never stops talking.
  {
    start: { type: 'start', next: 'begin' },
    begin: { type: 'set', values: { text: `'${'word '.repeat(100)}'` }, next: 'grow' },
    grow: { type: 'set', values: { text: 'text + text' }, next: 'talk' },
    talk: { type: 'message', text: '{text}', next: 'grow' },
  },
];
