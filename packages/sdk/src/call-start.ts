import type { SessionStarted } from '@molva/contract';
import { systemUuid } from './environment.ts';
import { isMolvaError } from './errors.ts';
import { startBody } from './outgoing.ts';
import type { ChatParts } from './parts.ts';

/** What a start goes by. */
type StartParts = Pick<ChatParts, 'options' | 'api' | 'memory'>;

/** The start calls of a chat, one at a time: whoever stops and starts again takes the answer of the one under way. */
export class StartCalls {
  readonly #parts: StartParts;
  #underWay: Promise<SessionStarted> | undefined;

  constructor(parts: StartParts) {
    this.#parts = parts;
  }

  /** Starts a session, or continues the one that is remembered where the chat does and `mayContinue`. */
  async call(mayContinue: boolean): Promise<SessionStarted> {
    const call = (this.#underWay ??= callStart(this.#parts, mayContinue));
    try {
      return await call;
    } finally {
      if (this.#underWay === call) this.#underWay = undefined;
    }
  }

  /** The answer of what is under way is wanted no more: the next call is one of its own. */
  abandon(): void {
    this.#underWay = undefined;
  }
}

/** A start under a key that was used for another one, or by somebody else: it is no repeat. */
const notOurs: readonly (string | undefined)[] = ['start-key-used', 'identity-refused'];

/**
 * Starts a session, or continues the one that is remembered where the chat does and `mayContinue`. It is called under a
 * key that is kept until somebody answers, so that a start whose answer was lost is not made twice.
 */
async function callStart({ api, memory, options }: StartParts, mayContinue: boolean): Promise<SessionStarted> {
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
