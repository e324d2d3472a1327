import type { SessionStarted } from '@molva/contract';
import { systemUuid } from './environment.ts';
import { isMolvaError } from './errors.ts';
import { startBody } from './outgoing.ts';
import type { ChatParts } from './parts.ts';

/** What a start goes by. */
type StartParts = Pick<ChatParts, 'options' | 'api' | 'memory' | 'clock'>;
/** A start call; nobody wants the answer of one that is abandoned. */
interface Call {
  abandoned: boolean;
  readonly answer: Promise<SessionStarted | undefined>;
}

/** How long the server answers a repeat under the same key with the same session. */
const REPEATABLE = 24 * 60 * 60 * 1000;

/** The start calls of a chat, one at a time: whoever stops and starts again takes the answer of the one under way. */
export class StartCalls {
  readonly #parts: StartParts;
  #underWay: Call | undefined;

  constructor(parts: StartParts) {
    this.#parts = parts;
  }

  /** Starts a session, or continues the remembered one where the chat does and `mayContinue`; undefined once abandoned. */
  async call(mayContinue: boolean): Promise<SessionStarted | undefined> {
    const call = (this.#underWay ??= this.#begin(mayContinue));
    try {
      return await call.answer;
    } finally {
      if (this.#underWay === call) this.#underWay = undefined;
    }
  }

  /** The answer of what is under way is wanted no more: the next call is one of its own. */
  abandon(): void {
    if (this.#underWay !== undefined) this.#underWay.abandoned = true;
    this.#underWay = undefined;
  }

  #begin(mayContinue: boolean): Call {
    const run = { abandoned: false };
    const answer = callStart(this.#parts, mayContinue, () => !run.abandoned);
    return Object.assign(run, { answer });
  }
}

/** A start under a key that was used for another one, or by somebody else: it is no repeat. */
const notOurs: readonly (string | undefined)[] = ['start-key-used', 'identity-refused'];

/**
 * Starts a session, or continues the one that is remembered where the chat does and `mayContinue`. It is called under a
 * key that is kept until somebody answers, so that a start whose answer was lost is not made twice. A start that is no
 * longer `wanted` makes no call and leaves the key of the one after it alone.
 */
async function callStart(
  { api, memory, options, clock }: StartParts,
  mayContinue: boolean,
  wanted: () => boolean,
): Promise<SessionStarted | undefined> {
  const continues = (options.startMode ?? 'continue') === 'continue' && mayContinue;
  const { sessionId, clientId, sessionToken, startKey } = memory.kept;
  api.sessionToken = continues ? sessionToken : undefined;
  const body = {
    ...(await startBody(options)),
    ...(sessionId === undefined || !continues ? {} : { sessionId }),
    ...(clientId === undefined ? {} : { clientId }),
  };
  if (!wanted()) return undefined;
  const start = async (kept: NonNullable<typeof startKey>): Promise<SessionStarted | undefined> => {
    memory.keep({ startKey: kept });
    const started = await api.start(options.chatId, continues, body, kept.key);
    if (!wanted()) return undefined;
    memory.keep({ startKey: undefined });
    return started;
  };
  const fresh = () => ({ key: (options.uuid ?? systemUuid)(), at: clock.now() });
  const repeated = startKey !== undefined && isRepeatable(clock.now() - startKey.at) ? startKey : undefined;
  try {
    return await start(repeated ?? fresh());
  } catch (error) {
    if (!wanted()) return undefined;
    if (repeated === undefined || !isMolvaError(error) || !notOurs.includes(error.details.code)) throw error;
    return start(fresh());
  }
}

/** Whether a key of this age still answers what was started under it; one from the future is of a clock set back. */
function isRepeatable(age: number): boolean {
  return age >= 0 && age < REPEATABLE;
}
