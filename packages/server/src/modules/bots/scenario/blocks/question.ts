import { Type } from 'typebox';
import { defineBlock } from '../block.ts';
import { Arrow, Seconds, Variable } from '../fields.ts';
import { compileBranch, conditionFields, type Matcher } from '../match.ts';
import { Said } from '../said.ts';
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
          () => compileBranch(branch, compiler),
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
    const taken = turn.unheard === null ? undefined : branchOf(block, turn.unheard, turn);
    const said = turn.hear();
    if (taken !== undefined) {
      keep(block, said, turn);
      return taken;
    }
    turn.say(block.speech);
    return turn.wait({ deadline: block.timeout?.ms ?? turn.clientTimeout });
  },
  wake: (block, input, turn) => {
    if (input === 'message') {
      const said = turn.hear();
      keep(block, said, turn);
      return branchOf(block, said, turn) ?? block.otherwise ?? turn.repeat();
    }
    return input === 'timeout' ? giveUpWaiting(block, turn) : turn.at;
  },
});

/** The branch that what was said takes. */
function branchOf({ branches }: Question, text: string, turn: BlockTurn): Arrow | undefined {
  const said = new Said(text, turn);
  return branches.find(({ matches }) => matches(said))?.next;
}

function keep({ variable }: Question, said: string, turn: BlockTurn): void {
  if (variable !== undefined) turn.set(variable, kept(said));
}

function giveUpWaiting({ timeout }: Question, turn: BlockTurn): Next {
  if (timeout !== undefined) return timeout.next;
  // Whoever stored the scenario anew took the time-out away: the question may wait.
  return turn.clientTimeout === null ? turn.wait() : turn.lost('STOP');
}
