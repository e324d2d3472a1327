import type { Clock } from '../../../platform/clock.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { Failure } from '../../../platform/failure.ts';
import type { NodeLease } from '../../../platform/node-lease.ts';
import type { Draft } from '../state/draft.ts';
import { botTypes } from '../state/floor.ts';
import { clientIsOnline } from '../state/session.ts';
import { NEWEST } from '../state/steps.ts';
import type { SessionStore } from '../state/store.ts';
import { happen } from '../answering/happen.ts';
import { HOUSE } from '../answering/timers.ts';
import { unlessGone, type StepRunner } from '../answering/step-runner.ts';

/** What attendance needs. */
export interface AttendancePorts {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly runner: StepRunner;
  readonly store: SessionStore;
  readonly lease: Pick<NodeLease, 'fence' | 'mayTakeOver'>;
}

const KIND = 'session-presence';
/** How often sessions are looked for whose clients were on a process that is no more; each start looks at once. */
const LOOK_MS = 10_000;
/** Sessions that are read, and put right, at a time. */
const READ_AT_ONCE = 500;
const AT_ONCE = 8;

/**
 * Whether clients are there. A session names the process that has its client, so what a process said that died is known
 * to be nobody's word any more.
 */
export class Attendance {
  readonly #ports: AttendancePorts;
  #isHere: (sessionId: string) => boolean = () => false;

  constructor(ports: AttendancePorts) {
    this.#ports = ports;
    ports.due.handle(KIND, () => this.#look(), { atOnce: 1 });
  }

  /** Looks after what processes left behind that are no more; once, at the start of this one. */
  async begin(): Promise<void> {
    await this.#ports.due.at(KIND, HOUSE, this.#ports.clock.now());
  }

  /** Names who knows which clients are on this process. */
  asks(isHere: (sessionId: string) => boolean): void {
    this.#isHere = isHere;
  }

  /** The client is there: it joined over a live connection of this process. */
  async joined(id: string): Promise<void> {
    const { runner, lease } = this.#ports;
    await runner.run(id, async (draft, setting) => {
      const { floor, clientOfflineAt, clientBanned } = draft.session;
      if (clientBanned) throw new Failure('client-banned');
      // Who comes after the end is there to read and to rate: nothing of the session begins again.
      if (floor.at === 'closed') return;
      const came = !clientIsOnline(draft.session);
      // The instants keep their order when the clock does not.
      const clientOnlineAt = Math.max(draft.now, (clientOfflineAt ?? 0) + 1);
      draft.set({ clientOnlineAt, onlineOn: lease.fence });
      await happen(draft, setting, { is: 'clientJoined', question: setting.ids.uuid7() });
      // Who comes in the middle of a pause sees that the bot is at it.
      if (draft.session.floor === floor && botTypes(floor)) draft.showTyping('BOT');
      if (came) draft.notify('CLIENT_ONLINE', { sessionId: id, clientId: draft.session.clientId });
    });
  }

  /** The client's last live connection to this process is gone. Where it is with another by now, nothing changes. */
  async left(id: string): Promise<void> {
    const { runner, lease } = this.#ports;
    await unlessGone(undefined, () => runner.run(id, (draft) => leave(draft, lease.fence)));
  }

  async #look(): Promise<number> {
    const { clock, lease, store } = this.#ports;
    const found = await store.heldByNobody(lease.fence, lease.mayTakeOver, READ_AT_ONCE);
    for (let at = 0; at < found.length; at += AT_ONCE) {
      await Promise.all(found.slice(at, at + AT_ONCE).map(({ id, fence }) => this.#putRight(id, fence)));
    }
    return clock.now() + (found.length < READ_AT_ONCE ? LOOK_MS : 0);
  }

  async #putRight(id: string, fence: number): Promise<void> {
    const { runner, lease } = this.#ports;
    await unlessGone(undefined, () =>
      runner.run(
        id,
        (draft) => {
          if (!this.#isHere(id)) leave(draft, fence);
          // This process has another fence than when the client came.
          else if (draft.session.onlineOn === fence) draft.set({ onlineOn: lease.fence });
        },
        { atLeast: NEWEST },
      ),
    );
  }
}

/** The client is away, unless somebody else has it. */
function leave(draft: Draft, fence: number): void {
  const { onlineOn, clientOnlineAt, floor, id, clientId } = draft.session;
  if (onlineOn !== fence) return;
  draft.set({ clientOfflineAt: Math.max(draft.now, clientOnlineAt ?? 0), onlineOn: null });
  if (floor.at !== 'closed') draft.notify('CLIENT_OFFLINE', { sessionId: id, clientId });
}
