import type { Api } from './api.ts';
import type { Clock } from './environment.ts';
import type { Memory } from './memory.ts';
import type { Emitter, Store } from './store.ts';
import type { ChatEvents, ChatOptions, ChatState } from './types.ts';

/** What a chat runs with; the façade composes it. */
export interface ChatParts {
  readonly options: ChatOptions;
  readonly api: Api;
  readonly memory: Memory;
  readonly store: Store<ChatState>;
  readonly events: Emitter<ChatEvents>;
  readonly clock: Clock;
}

/** What a chat shows where there is no session. */
export const noSession: Omit<ChatState, 'connection' | 'operatorName' | 'error'> = {
  session: null,
  messages: [],
  typing: null,
  unread: 0,
  hasMoreHistory: false,
  closed: null,
};
