import type { SessionStarted } from '@molva/contract';
import type { Api } from './api.ts';
import { systemUuid } from './environment.ts';
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

/** A start under a key that was used for another one, or by somebody else: it is no repeat. */
const notOurs: readonly (string | undefined)[] = ['start-key-used', 'identity-refused'];

/**
 * Starts a session, or continues the one that is remembered where the chat does and `mayContinue`. It is called under a
 * key that is kept until somebody answers, so that a start whose answer was lost is not made twice.
 */
export async function callStart({ api, memory, options }: StartParts, mayContinue: boolean): Promise<SessionStarted> {
  const continues = (options.startMode ?? 'continue') === 'continue' && mayContinue;
  const { sessionId, clientId, sessionToken, startKey } = memory.kept;
  api.sessionToken = continues ? sessionToken : undefined;
  const body = {
    ...(await startBody(options)),
    ...(sessionId === undefined || !continues ? {} : { sessionId }),
    ...(clientId === undefined ? {} : { clientId }),
  };
  const start = async (key: string): Promise<SessionStarted> => {
    memory.keep({ startKey: key });
    const started = await api.start(options.chatId, continues, body, key);
    memory.keep({ startKey: undefined });
    return started;
  };
  const fresh = options.uuid ?? systemUuid;
  try {
    return await start(startKey ?? fresh());
  } catch (error) {
    if (startKey === undefined || !isMolvaError(error) || !notOurs.includes(error.details.code)) throw error;
    return start(fresh());
  }
}
