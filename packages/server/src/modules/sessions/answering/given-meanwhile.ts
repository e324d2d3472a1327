import type { BotStart } from '../state/bot-port.ts';
import { openQuestion, type Floor } from '../state/floor.ts';
import type { BotMemory, BotState } from '../state/session.ts';

/**
 * The memory of a bot that was given variables. While a question to it is open, it notes which: the bot answers on what
 * it was asked with, and many send all of that back.
 */
export function givenMeanwhile(memory: BotMemory, { clientMetadata, variables }: BotStart, floor: Floor): BotMemory {
  if (openQuestion(floor) === undefined) return memory;
  const names = [...(memory.given ?? []), ...Object.keys(clientMetadata), ...Object.keys(variables)];
  return { ...memory, given: [...new Set(names)] };
}

/** The state a turn leaves, with what was given while its question was open. */
export function withGiven(state: BotState, memory: BotMemory | null): BotState {
  const given = memory?.given ?? [];
  if (given.length === 0) return state;
  const { variables = {} } = memory?.state ?? {};
  const kept = given.flatMap((name) => (Object.hasOwn(variables, name) ? [[name, variables[name]]] : []));
  return { ...state, variables: { ...state.variables, ...Object.fromEntries(kept) } };
}
