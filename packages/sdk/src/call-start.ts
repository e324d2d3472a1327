import type { SessionStarted } from '@molva/contract';
import type { Api } from './api.ts';
import { isMolvaError } from './errors.ts';
import type { Memory } from './memory.ts';
import { startBody } from './outgoing.ts';
import type { ChatOptions } from './types.ts';

/** What a start goes by. */
interface StartParts {
  readonly options: ChatOptions;
  readonly api: Api;
  readonly memory: Memory;
}

/** Starts a session, or continues the one that is remembered where the chat does and `mayContinue`. */
export async function callStart({ api, memory, options }: StartParts, mayContinue: boolean): Promise<SessionStarted> {
  const continues = (options.startMode ?? 'continue') === 'continue' && mayContinue;
  const { sessionId, clientId, sessionToken } = memory.kept;
  api.sessionToken = continues ? sessionToken : undefined;
  const body = await startBody(options);
  const known = {
    ...(sessionId === undefined || !continues ? {} : { sessionId }),
    ...(clientId === undefined ? {} : { clientId }),
  };
  try {
    return await api.start(options.chatId, continues, { ...body, ...known });
  } catch (error) {
    // A session whose token has ended cannot be continued; another one can be started.
    if (!isMolvaError(error) || error.details.code !== 'session-token-refused' || api.sessionToken === undefined)
      throw error;
    api.sessionToken = undefined;
    return api.start(options.chatId, false, { ...body, ...(clientId === undefined ? {} : { clientId }) });
  }
}
