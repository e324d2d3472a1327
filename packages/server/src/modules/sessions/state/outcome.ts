import type { HotSession } from './session.ts';

/** What a conversation came to, for its company: what its bots noted, and their variables. */
export interface SessionOutcome {
  readonly result: Record<string, unknown>;
  readonly variables: Record<string, unknown>;
}

/** What a session has come to so far; its bot's variables outlive it. */
export function outcomeOf({ result, bot }: Pick<HotSession, 'result' | 'bot'>): SessionOutcome {
  return {
    result: result === null ? {} : (JSON.parse(result) as Record<string, unknown>),
    variables: { ...bot?.state.variables },
  };
}
