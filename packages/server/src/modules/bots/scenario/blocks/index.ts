import type { BlockKind } from '../block.ts';
import { condition } from './condition.ts';
import { end } from './end.ts';
import { jump } from './jump.ts';
import { message } from './message.ts';
import { operator } from './operator.ts';
import { pause } from './pause.ts';
import { question } from './question.ts';
import { random } from './random.ts';
import { result } from './result.ts';
import { set } from './set.ts';
import { start } from './start.ts';

/** The types of blocks. */
export type BlockType =
  | 'start'
  | 'message'
  | 'question'
  | 'condition'
  | 'set'
  | 'random'
  | 'pause'
  | 'jump'
  | 'operator'
  | 'result'
  | 'end';

/** Every type of blocks with all that belongs to it, in the order they are told of. */
export const blocks: { readonly [T in BlockType]: BlockKind<T> } = {
  start,
  message,
  question,
  condition,
  set,
  random,
  pause,
  jump,
  operator,
  result,
  end,
};
