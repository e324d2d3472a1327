import { Failure } from '../../../platform/failure.ts';
import type { Draft } from '../state/draft.ts';
import { NEWEST, type StepRequest, type Steps } from '../state/steps.ts';
import { Aborts } from './aborts.ts';
import type { AnswerPorts, StepSetting } from './setting.ts';
import type { TurnWaiter } from './turn-waiter.ts';

/** Makes up a step with the rules of its session at hand. */
export type DecideBy<T> = (draft: Draft, setting: StepSetting) => Promise<T> | T;

/** Runs steps that need the rules of their session: its chat, its bots, its people. */
export class StepRunner {
  readonly steps: Steps;
  readonly ports: AnswerPorts;
  readonly aborts: Aborts;
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
  readonly #waiter: TurnWaiter;

  constructor(steps: Steps, ports: AnswerPorts, waiter: TurnWaiter, stopping: AbortSignal) {
    this.#waiter = waiter;
    this.stopping = stopping;
    this.aborts = new Aborts(stopping);
    this.steps = steps;
    this.ports = ports;
  }

  /** Runs a step; what a bot says in it goes to the session's callback address, unless a caller waits for it. */
  async run<T>(id: string, decide: DecideBy<T>, request?: StepRequest): Promise<T> {
    let made: Draft | undefined;
    const answer = await this.steps.run(
      id,
      (draft) => {
        made = draft;
        return decide(draft, this.setting(draft));
      },
      request,
    );
    if (made !== undefined) this.aborts.committed(made);
    return answer;
  }

  /** Runs a step whose refusal is decided on the session as the database has it: another node may have moved it on. */
  async runSurely<T>(id: string, decide: DecideBy<T>): Promise<T> {
    try {
      return await this.run(id, decide);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return this.run(id, decide, { atLeast: NEWEST });
    }
  }

  /** The rules a draft goes by. */
  setting({ session, chat }: Draft): StepSetting {
    const { bots, operators, ids, notices } = this.ports;
    const callBack = session.options.dialog?.answersLater ?? !this.#waiter.waitsFor(session.id);
    return { bots, operators, ids, notices, chat, callBack };
  }
}

/** What the work comes to, or what is said where its session is no longer there. */
export async function unlessGone<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure && error.code === 'entity-not-found') return otherwise;
    throw error;
  }
}
