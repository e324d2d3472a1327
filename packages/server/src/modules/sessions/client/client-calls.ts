import type { RpcData, RpcName } from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import { badField, Failure } from '../../../platform/failure.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { Corrections } from '../messages/corrections.ts';
import { chatOf, type RuleSource } from '../state/chat-of.ts';
import type { SessionStore } from '../state/store.ts';
import type { Attendance } from './attendance.ts';

/** A method for every RPC: what one does to its session, once its caller was let in and its data checked. */
type Calls = { readonly [K in RpcName]: (data: RpcData[K]) => Promise<void> };

/** What these need. */
interface ClientCallPorts {
  readonly runner: StepRunner;
  readonly store: SessionStore;
  readonly attendance: Attendance;
  readonly corrections: Corrections;
  readonly clock: Clock;
  readonly rules: RuleSource;
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
  call<K extends RpcName>(method: K, data: RpcData[K]): Promise<void> {
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
  async typing(): Promise<void> {}

  /** The client read a message of the other side. */
  readMessage({ id, messageId }: RpcData['readMessage']): Promise<void> {
    return this.#ports.corrections.read(messageId, id, false);
  }

  /** The client rates the session, within its scale; changeable for ten minutes. */
  async rateSession({ id, rating, comment }: RpcData['rateSession']): Promise<void> {
    const { runner, store, clock, rules } = this.#ports;
    const chat = await chatOf(await runner.steps.get(id), rules);
    const highest = Number(chat.settings.ratingType);
    if (rating > highest) throw badField('rating', `must be at most ${highest}`);
    const now = clock.now();
    const kept = await store.rate(id, rating, comment ?? null, now, now - RATING_CHANGE_MS);
    if (!kept) throw new Failure('session-rated');
    await runner.run(id, (draft) => draft.notify('SESSION_RATED', { sessionId: id, rating, comment: comment ?? null }));
  }
}
