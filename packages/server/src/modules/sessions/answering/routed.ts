import type { Draft } from '../state/draft.ts';
import type { PersonFloor } from '../state/floor.ts';
import { goneAt, GRACE_MS, type Assignment, type OperatorRecord, type RoutedSessions } from '../state/operator-port.ts';
import { SeatTaken } from '../state/append.ts';
import type { SessionStore } from '../state/store.ts';
import { namedPerson } from './facts.ts';
import type { FloorEvent } from './floor/events.ts';
import { happen } from './happen.ts';
import type { StepSetting } from './setting.ts';
import { unlessGone, type DecideBy, type StepRunner } from './step-runner.ts';
import { answerDueAt, idleLimit } from './timers-of.ts';

/** What routing comes to, and what becomes of people: each a step of one session. */
export class Routed implements RoutedSessions {
  readonly #runner: StepRunner;
  readonly #store: SessionStore;

  constructor(runner: StepRunner, store: SessionStore) {
    this.#runner = runner;
    this.#store = store;
  }

  /** Gives a session that still is as it was seen; false where it moved on, or the seat did. */
  async give(id: string, version: number, to: Assignment): Promise<boolean> {
    try {
      return await this.#decided(id, version, (draft) => {
        draft.seat = { userId: to.operator.id, epoch: to.epoch };
        return { is: 'given', to: namedPerson(to.operator), why: to.why };
      });
    } catch (error) {
      if (error instanceof SeatTaken) return false;
      throw error;
    }
  }

  /** Nobody is there for it; false where it moved on. */
  none(id: string, version: number, why: 'nobody' | 'waitedOut' | 'hours'): Promise<boolean> {
    const question = this.#runner.ports.ids.uuid7();
    return this.#decided(id, version, () => ({ is: 'none', why, question }));
  }

  /** The group it waits in is gone: anybody of the company may get it. */
  async groupGone(id: string, version: number, group: string): Promise<void> {
    const decide: DecideBy<unknown> = (draft, setting) => happen(draft, setting, { is: 'groupGone', group });
    // Memory may be older than what made it wait there, and would say that it does not.
    await unlessGone(null, () => this.#runner.run(id, decide, { atLeast: version }));
  }

  /**
   * The person came, went away or is gone: each of its sessions goes by where it stands when its step is made up, so one
   * that is back keeps the rest of them.
   */
  async moved(companyId: number, person: number): Promise<void> {
    const decide: DecideBy<void> = async (draft, setting) => {
      const { floor } = draft.session;
      if (floor.at !== 'person' || floor.id !== person) return;
      const event = presenceEvent(floor, await setting.operators.find(companyId, person), draft.now);
      if (event !== null) await happen(draft, setting, event);
    };
    // A session that fails keeps none of the others with somebody who is gone; the timer comes back for it.
    const failures: unknown[] = [];
    // Memory may be older than what gave a session to the person, and would say that it is not his.
    for (const { id, version } of await this.#store.liveOfOperator(companyId, String(person))) {
      await this.#runner.run(id, decide, { atLeast: version }).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'sessions cannot hear of a person');
  }

  #decided(id: string, version: number, eventOf: (draft: Draft) => FloorEvent): Promise<boolean> {
    const decide: DecideBy<boolean> = async (draft, setting) => {
      if (draft.session.version !== version) return false;
      await happen(draft, setting, eventOf(draft));
      // Written beside its floor: routing would be told the same of it again and again.
      if (draft.session.floor === draft.before.floor)
        throw new Error('a row says that it waits, and its floor does not');
      return true;
    };
    return unlessGone(false, () => this.#runner.run(id, decide, { atLeast: version }));
  }
}

/** What the hold of a person comes to now: it went for good, it is back, or it has owed an answer for too long. */
export async function holdEvents(draft: Draft, setting: StepSetting): Promise<FloorEvent[]> {
  const { floor, companyId } = draft.session;
  if (floor.at !== 'person') return [];
  const operator = await setting.operators.find(companyId, floor.id);
  const event = presenceEvent(floor, operator, draft.now);
  const due = answerDueAt(draft.session, idleLimit(setting.chat));
  const owes = due !== null && due <= draft.now;
  return [...(event === null ? [] : [event]), ...(owes ? [{ is: 'answerDue' } as const] : [])];
}

function presenceEvent(
  { id: person, awaySince }: PersonFloor,
  operator: OperatorRecord | undefined,
  now: number,
): FloorEvent | null {
  const goneFrom = goneAt(operator);
  if (goneFrom === null) return awaySince === null ? null : { is: 'back', person };
  if (goneFrom === 0) return { is: 'gone', person };
  // Who was away already when the session was given to it has its minute from then.
  const leaves = awaySince === null ? goneFrom : awaySince + GRACE_MS;
  if (leaves <= now) return { is: 'gone', person };
  return awaySince === null ? { is: 'away', person } : null;
}
