import { Type } from 'typebox';
import { defineBlock } from '../block.ts';
import { Arrow, Seconds, Variable } from '../fields.ts';
import { compileBranch, conditionFields, type Matcher } from '../match.ts';
import { kept } from '../scalar.ts';
import { compileSpeech, speechFields, type Speech } from '../speech.ts';
import type { BlockTurn, Next } from '../turn.ts';

interface Question {
  readonly speech: Speech;
  readonly variable: string | undefined;
  readonly branches: readonly { readonly matches: Matcher; readonly next: Arrow }[];
  readonly otherwise: Arrow | undefined;
  readonly timeout: { readonly ms: number; readonly next: Arrow } | undefined;
}

const Branch = Type.Object({ ...conditionFields, next: Arrow });

/** Asks, waits, and branches by what is said. */
export const question = defineBlock({
  type: 'question',
  documentation: 'asks and waits; without a `default` it asks again',
  fields: {
    ...speechFields,
    variable: Type.Optional(Variable),
    branches: Type.Optional(Type.Array(Branch, { maxItems: 100 })),
    default: Type.Optional(Arrow),
    timeout: Type.Optional(Type.Object({ seconds: Seconds, next: Arrow })),
  },
  compile: (block, compiler): Question => {
    if (block.variable !== undefined) compiler.name('variable', block.variable);
    return {
      speech: compileSpeech(block, compiler),
      variable: block.variable,
      branches: (block.branches ?? []).map((branch, index) => {
        const field = `branches.${index}`;
        if ((branch.keywords ?? branch.pattern ?? branch.exact) === undefined) {
          compiler.fault(field, 'needs keywords, a pattern or exact texts');
        }
        const matches = compiler.attempt<Matcher>(
          field,
          () => compileBranch(branch),
          () => false,
        );
        return { matches, next: branch.next };
      }),
      otherwise: block.default,
      timeout: block.timeout && { ms: block.timeout.seconds * 1000, next: block.timeout.next },
    };
  },
  /** Asks, unless what the client said already answers it. */
  enter: (block, turn) => {
    const said = turn.unheard;
    if (said !== null && block.branches.some(({ matches }) => matches(said))) return answer(block, turn) ?? turn.at;
    turn.hear();
    turn.say(block.speech);
    return turn.wait({ deadline: block.timeout?.ms ?? turn.clientTimeout });
  },
  wake: (block, input, turn) => {
    if (input === 'message') return answer(block, turn) ?? turn.repeat();
    return input === 'timeout' ? giveUpWaiting(block, turn) : turn.at;
  },
});

/** The branch a question takes for what was said. */
function answer({ variable, branches, otherwise }: Question, turn: BlockTurn): Arrow | undefined {
  const said = turn.hear();
  if (variable !== undefined) turn.set(variable, kept(said));
  return branches.find(({ matches }) => matches(said))?.next ?? otherwise;
}

function giveUpWaiting({ timeout }: Question, turn: BlockTurn): Next {
  if (timeout !== undefined) return timeout.next;
  // Whoever stored the scenario anew took the time-out away: the question may wait.
  return turn.clientTimeout === null ? turn.wait() : turn.lost('STOP');
}
