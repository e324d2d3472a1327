import { DisconnectError, ReplyError } from './protocol/codes.ts';
import type { HandlerAnswer } from './types.ts';

/** The result of a handler's answer; throws where it is an error or the end of the connection. */
export function unwrap<T>(answer: HandlerAnswer<T>): T {
  if ('disconnect' in answer) throw new DisconnectError(answer.disconnect);
  if ('error' in answer) throw new ReplyError(answer.error);
  return answer.result;
}

/** Whether a field holds text; an empty one counts as left out. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
