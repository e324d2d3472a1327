import type { RpcData, RpcName } from '@molva/contract';
import { badField, Failure } from '../../../platform/failure.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { Corrections } from '../messages/corrections.ts';
import type { Attendance } from './attendance.ts';

/** The RPCs that say nothing in their session. */
type QuietCall = Exclude<RpcName, 'sendMessage'>;

/** A method for each of them: what one does to its session, once its caller was let in and its data checked. */
type Calls = { readonly [K in QuietCall]: (data: RpcData[K]) => Promise<void> };

/** What these need. */
interface ClientCallPorts {
  readonly runner: StepRunner;
  readonly attendance: Attendance;
  readonly corrections: Corrections;
}

/** How long a rating can be changed. */
const RATING_CHANGE_MS = 600_000;

/** What a client does in its session beside writing, by the names of the live RPCs. */
export class ClientCalls implements Calls {
  readonly #ports: ClientCallPorts;

  constructor(ports: ClientCallPorts) {
    this.#ports = ports;
  }

  /** What a client called in its session. */
  call<K extends QuietCall>(method: K, data: RpcData[K]): Promise<void> {
    return (this as Calls)[method](data);
  }

  /** The client is there. */
  joinSession({ id }: RpcData['joinSession']): Promise<void> {
    return this.#ports.attendance.joined(id);
  }

  /** The client's last live connection is gone. */
  leaveSession({ id }: RpcData['leaveSession']): Promise<void> {
    return this.#ports.attendance.left(id);
  }

  /** Nobody on the other side listens to a client's typing while only bots answer; the call itself is checked. */
  async typing({ id }: RpcData['typing']): Promise<void> {
    const { floor } = await this.#ports.runner.steps.get(id);
    if (floor.at === 'closed') throw new Failure('session-closed');
  }

  /** The client read a message of the other side. */
  readMessage({ id, messageId }: RpcData['readMessage']): Promise<void> {
    return this.#ports.corrections.read(messageId, id, false);
  }

  /** The client rates the session, within its scale; changeable for ten minutes, and the same once more is nothing. */
  async rateSession({ id, rating, comment: said }: RpcData['rateSession']): Promise<void> {
    const comment = said ?? null;
    await this.#ports.runner.run(id, (draft, { chat }) => {
      const highest = Number(chat.settings.ratingType);
      if (rating > highest) throw badField('rating', `must be at most ${highest}`);
      const { ratedAt, rating: before, ratingComment } = draft.session;
      if (ratedAt !== null && before === rating && ratingComment === comment) return;
      if (ratedAt !== null && ratedAt + RATING_CHANGE_MS <= draft.now) throw new Failure('session-rated');
      draft.set({ rating, ratingComment: comment, ratedAt: ratedAt ?? draft.now });
      draft.notify('SESSION_RATED', { sessionId: id, rating, comment });
    });
  }
}
